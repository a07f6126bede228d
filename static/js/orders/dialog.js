import { $, parse, say } from "lib/dom.js";
import { fragment, post } from "lib/http.js";
import { toast } from "lib/toast.js";

/** Opens the server's form of an action over the order; without JavaScript the same link is a page. */
export default class OrderDialog {
  #dialog;
  #opener = null;

  constructor(dialog) {
    this.#dialog = dialog;
    document.addEventListener("click", (event) => this.#clicked(event));
    dialog.addEventListener("submit", (event) => this.#submitted(event));
    dialog.addEventListener("close", () => this.#opener?.focus());
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

  #show(html) {
    this.#dialog.replaceChildren(parse(html));
    const first = $("[aria-invalid=true]", this.#dialog) ?? $(".in, footer .btn:last-child", this.#dialog);
    queueMicrotask(() => first?.focus());
  }

  async #submitted(event) {
    event.preventDefault();
    const form = event.target;
    const button = $("footer button", form);
    button.ariaBusy = "true";
    try {
      const answer = await post(form.action, new FormData(form), { headers: { "X-Fragment": "1" } });
      if (answer.headers.get("Content-Type")?.includes("json")) this.#done(await answer.json());
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
