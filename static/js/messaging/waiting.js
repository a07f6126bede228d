import { $, $$, debounce, parse, swap } from "lib/dom.js";
import { fragment, post } from "lib/http.js";

/** What is still to be said here: held notices, scheduled messages, goods waited for; and the ways to add some. */
export default class Waiting {
  #root;
  #signal;
  #heard = debounce(() => this.#reload(), 600);

  constructor(root, signal) {
    this.#root = root;
    this.#signal = signal;
    root.addEventListener("click", (event) => this.#clicked(event));
    for (const form of $$("form", root)) form.addEventListener("submit", (event) => this.#submitted(event));
    document.addEventListener("chat:message", () => this.#heard(), { signal });
    root.closest("form, section").addEventListener("click", (event) => {
      const opener = event.target.closest("[data-open-waiting]");
      if (opener) this.#open(opener.dataset.openWaiting);
    }, { signal });
  }

  get #box() {
    return this.#root.closest("section")?.querySelector("[data-composer] textarea");
  }

  #open(name, values = {}) {
    const dialog = $(`[data-dialog="${name}"]`, this.#root);
    const form = $("form", dialog);
    if (name === "schedule") form.elements.body.value = values.body ?? this.#box?.value ?? "";
    for (const [key, value] of Object.entries(values)) form.elements[key].value = value;
    dialog.showModal();
  }

  #clicked(event) {
    if (event.target.closest("[data-closes]")) return event.target.closest("dialog").close();
    const edit = event.target.closest("[data-edit]");
    if (edit) return this.#open("schedule", { scheduled: edit.dataset.scheduled, body: edit.dataset.body, send_at: edit.dataset.when });
    const button = event.target.closest(".delay [data-action]");
    if (button) return this.#send(new URLSearchParams(button.dataset));
    return undefined;
  }

  #submitted(event) {
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
      return this.#show(html);
    }
    const refused = html && $("[data-refused]", parse(html))?.textContent;
    const place = form && $("[data-error]", form);
    if (place) Object.assign(place, { textContent: refused ?? place.dataset.failed ?? "…", hidden: false });
    return undefined;
  }

  /** What is to be said later does not stay in the box, to be sent a second time now. */
  #putAway(text) {
    const box = this.#box;
    if (!box || box.value.trim() !== text.trim()) return;
    box.value = "";
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }

  async #reload() {
    if (this.#signal.aborted || $("dialog[open]", this.#root)) return;
    const html = await fragment(this.#root.dataset.url).catch(() => null);
    if (html) this.#show(html);
  }

  #show(html) {
    // Another answer may have put a newer part in its place meanwhile.
    if (!this.#signal.aborted) swap(this.#root, html);
  }
}
