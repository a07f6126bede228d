import { $, $$, debounce, say, swap } from "lib/dom.js";
import { fragment, post } from "lib/http.js";
import { socket } from "lib/socket.js";
import { toast } from "lib/toast.js";
import { spelled, standingForm } from "lib/typed.js";

/** The open order: shows what others change while it is open, and acts without leaving the page. */
export default class OrderDetail {
  #main;
  #turn = 0;
  #focusNext = false;
  #reload = debounce(() => this.reload(), 250);

  constructor(main, signal) {
    this.#main = main;
    socket.subscribe({ feed: "orders" }, { onFrame: (frame) => this.#heard(frame) }, signal);
    main.addEventListener("submit", (event) => this.#submitted(event));
    main.addEventListener("click", (event) => this.#clicked(event));
    document.addEventListener("order:changed", (event) => this.reload(event.detail ?? {}), { signal });
  }

  #heard(frame) {
    if (frame.type === "resync") this.#reload();
    if (frame.type !== "event") return;
    const event = frame.event ?? {};
    if ((event.number ?? event.data?.number) !== this.#main.dataset.number) return;
    if (Number(event.version ?? 0) > Number(this.#main.dataset.version)) this.#reload();
  }

  /** The order as the server renders it now; focus goes to the next step after one's own action. */
  async reload({ focusNext = false } = {}) {
    const before = this.#main.dataset.version;
    const turn = ++this.#turn;
    this.#focusNext ||= focusNext;
    const html = await fragment(this.#main.dataset.url, { headers: { "X-Fragment": "detail" } });
    await spelled();
    if (html === null || !this.#main.isConnected || turn !== this.#turn) return null;
    const fresh = swap(this.#main, html);
    if (this.#focusNext) ($("#next-action", fresh) ?? $("h1", fresh)).focus();
    else if (fresh.dataset.version !== before) {
      toast(say("这个订单刚有变化，已为您显示最新内容", "This order just changed; you see the newest state"));
      document.dispatchEvent(new CustomEvent("order:renewed"));
    }
    return fresh;
  }

  /** All that has happened, here; on a phone it has a tab of its own. From now on the order is renewed with all of it. */
  async #clicked(event) {
    const link = event.target.closest("[data-all-events]");
    if (!link || event.ctrlKey || event.metaKey || $(".mtabs", this.#main).offsetParent) return;
    event.preventDefault();
    const shown = $$(".timeline > li", this.#main).length;
    this.#main.dataset.url = link.pathname;
    link.setAttribute("aria-busy", "true");
    const fresh = await this.reload().catch(() => null);
    if (!fresh) return link.removeAttribute("aria-busy");
    const first = $$(".timeline > li", fresh)[shown];
    Object.assign(first, { tabIndex: -1 }).focus();
  }

  #submitted(event) {
    const form = event.target;
    if (!form.matches("[data-reveal], [data-inline], [data-copylink]")) return;
    event.preventDefault();
    this.#act(form);
  }

  async #act(form) {
    const answer = await post(form.action, new FormData(form), { headers: { "X-Fragment": "1" } }).catch(() => null);
    if (!answer) return toast(say("网络不通，没有提交。填写的内容还在", "No network. Nothing was sent, your input is kept"), { alert: true });
    if (!answer.ok) return toast(say("没有成功，请再试一次", "That did not work, please try again"), { alert: true });
    const told = form.matches("[data-inline]") ? {} : await answer.json();
    // What others did meanwhile has renewed the page.
    const now = standingForm(form);
    now?.reset();
    now?.closest("details")?.removeAttribute("open");
    if (form.matches("[data-reveal]")) {
      $("[data-phone]").textContent = told.phone;
      return now?.remove();
    }
    if (form.matches("[data-copylink]")) this.#copied(told.url);
    return document.dispatchEvent(new CustomEvent("order:changed"));
  }

  async #copied(url) {
    try {
      await navigator.clipboard.writeText(url);
      toast(say("链接已复制，发给客户即可", "Link copied, send it to the customer"));
    } catch {
      toast(url);
    }
  }
}
