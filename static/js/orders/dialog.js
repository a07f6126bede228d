import { $, el, parse, say } from "lib/dom.js";
import { fragment, post } from "lib/http.js";
import { toast } from "lib/toast.js";

/** Opens the server's form of an action over the order; without JavaScript the same link is a page. */
export default class OrderDialog {
  #dialog;
  #opener = null;

  constructor(dialog, signal) {
    this.#dialog = dialog;
    document.addEventListener("click", (event) => this.#clicked(event), { signal });
    dialog.addEventListener("submit", (event) => this.#submitted(event));
    dialog.addEventListener("close", () => this.#closed());
    document.addEventListener("order:renewed", () => this.#renewed(), { signal });
  }

  async #clicked(event) {
    const link = event.target.closest("a[data-dialog]");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (link.ariaBusy === "true") return;
    link.ariaBusy = "true";
    const html = await fragment(link.href).catch(() => null);
    link.ariaBusy = "false";
    if (html === null) return toast(say("这一步现在不能做，请刷新", "Not possible now, please reload"), { alert: true });
    this.#opener = link;
    this.#show(html);
    this.#dialog.showModal();
  }

  /** Back to where one came from. The event comes a moment after the dialog is gone: who is elsewhere by then, stays. */
  #closed() {
    if (document.activeElement === document.body) (this.#link ?? $("#next-action"))?.focus();
  }

  /** What opened the dialog: the page behind it may have been renewed since. */
  get #link() {
    if (!this.#opener || this.#opener.isConnected) return this.#opener;
    return $(`a[data-dialog][href="${CSS.escape(this.#opener.getAttribute("href"))}"]`);
  }

  /** Somebody else changed the order: it is said here, over what is being filled in. Nothing typed is touched. */
  #renewed() {
    if (!this.#dialog.open) return;
    if (this.#link) this.#warn(say("订单刚有变化，您填写的内容都还在。提交时会先告诉您改了什么", "The order just changed. Your input is kept; you will be shown what changed before anything is saved"));
    else this.#over();
  }

  /** The move is no longer there, and the page behind does not know yet. */
  #late() {
    this.#over();
    document.dispatchEvent(new CustomEvent("order:changed"));
  }

  #over() {
    const status = $(".ohead .tag")?.textContent.trim() ?? "";
    this.#warn(say(`这一步现在不能做了，订单已是“${status}”`, `Not possible any more, the order is now “${status}”`), "danger");
    const button = $("footer button", this.#dialog);
    if (button) button.disabled = true;
  }

  #warn(text, kind = "warn") {
    $("[data-renewed]", this.#dialog)?.remove();
    const said = el("p", { className: `banner ${kind}`, role: "alert", dataset: { renewed: "" } }, text);
    ($("form", this.#dialog) ?? this.#dialog).prepend(said);
  }

  #show(html) {
    this.#dialog.replaceChildren(parse(html));
    const first = $("[aria-invalid=true]", this.#dialog) ?? $(".input, footer .btn:last-child", this.#dialog);
    queueMicrotask(() => first?.focus());
  }

  async #submitted(event) {
    event.preventDefault();
    const form = event.target;
    const button = $("footer button", form);
    button.ariaBusy = "true";
    try {
      const answer = await post(form.action, new FormData(form), { headers: { "X-Fragment": "1" } });
      button.ariaBusy = "false";
      if (answer.status === 404) this.#late();
      else if (answer.headers.get("Content-Type")?.includes("json")) this.#done(await answer.json());
      else this.#show(await answer.text());
    } catch {
      button.ariaBusy = "false";
      toast(say("网络不通，没有提交。填写的内容还在", "No network. Nothing was sent, your input is kept"), { alert: true });
    }
  }

  #done({ text }) {
    this.#opener = null;
    this.#dialog.close();
    toast(text);
    document.dispatchEvent(new CustomEvent("order:changed", { detail: { focusNext: true } }));
  }
}
