import { $, $$, debounce, parse, say, swap } from "lib/dom.js";
import { fragment, post } from "lib/http.js";
import { toast } from "lib/toast.js";

/** What is still to be said here: held notices, scheduled messages, goods waited for; and the ways to add some. */
export default class Waiting {
  #root;
  #pane;
  #signal;
  #heard = debounce(() => this.#reload(), 600);

  constructor(root, signal) {
    this.#root = root;
    this.#pane = root.closest("section");
    this.#signal = signal;
    root.addEventListener("click", (event) => this.#clicked(event));
    document.addEventListener("chat:message", () => this.#heard(), { signal });
    // The forms stand beside the part, which is renewed: what is typed into them stays.
    this.#pane.addEventListener("submit", (event) => this.#submitted(event), { signal });
    this.#pane.addEventListener("click", (event) => {
      const opener = event.target.closest("[data-open-waiting]");
      if (opener) this.#open(opener.dataset.openWaiting);
    }, { signal });
  }

  get #box() {
    return $("[data-composer] textarea", this.#pane);
  }

  async #open(name, values = {}) {
    if (!this.#dialog(name) && !await this.#fetchForms()) return;
    const dialog = this.#dialog(name);
    const form = $("form", dialog);
    if (name === "schedule") {
      form.elements.body.value = this.#box?.value ?? "";
      form.elements.scheduled.value = "";
    }
    for (const [key, value] of Object.entries(values)) form.elements[key].value = value;
    dialog.showModal();
  }

  #dialog(name) {
    return $(`[data-dialog="${name}"]`, this.#pane);
  }

  /** The forms come when somebody wants the first of them. Answers whether there are any now. */
  async #fetchForms() {
    const html = await fragment(this.#root.dataset.dialogs).catch(() => null);
    if (html === null) toast(say("网络不通，请再试一次", "No network, please try again"), { alert: true });
    else if (!this.#dialog("schedule")) this.#pane.append(parse(html));
    return html !== null;
  }

  #clicked(event) {
    const edit = event.target.closest("[data-edit]");
    if (edit) return this.#open("schedule", { scheduled: edit.dataset.scheduled, body: edit.dataset.body, send_at: edit.dataset.when });
    const button = event.target.closest(".delay [data-action]");
    if (button) return this.#send(new URLSearchParams(button.dataset));
    return undefined;
  }

  #submitted(event) {
    if (!event.target.closest("[data-dialog]")) return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(event.target));
    body.set("action", event.submitter?.dataset.action ?? $("[data-action]", event.target).dataset.action);
    this.#send(body, event.target);
  }

  async #send(body, form = null) {
    const answer = await post(this.#root.dataset.change, body).catch(() => null);
    const html = await answer?.text();
    if (answer?.ok) {
      if (form && body.get("action") === "schedule" && !body.get("scheduled")) this.#putAway(body.get("body"));
      if (form) this.#putFormsAway();
      return this.#show(html);
    }
    const refused = html && $("[data-refused]", parse(html))?.textContent;
    const place = form && $("[data-error]", form);
    if (place) Object.assign(place, { textContent: refused ?? place.dataset.failed ?? "…", hidden: false });
    return undefined;
  }

  /** The next ones are as new, with the times of then. */
  #putFormsAway() {
    for (const dialog of $$("[data-dialog]", this.#pane)) {
      dialog.close();
      dialog.remove();
    }
  }

  /** What is to be said later does not stay in the box, to be sent a second time now. */
  #putAway(text) {
    const box = this.#box;
    if (!box || box.value.trim() !== text.trim()) return;
    box.value = "";
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }

  async #reload() {
    if (this.#signal.aborted) return;
    const html = await fragment(this.#root.dataset.url).catch(() => null);
    if (html) this.#show(html);
  }

  #show(html) {
    // Another answer may have put a newer part in its place meanwhile.
    if (!this.#signal.aborted) swap(this.#root, html);
  }
}
