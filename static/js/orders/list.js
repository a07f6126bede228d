import { $, $$, announce, debounce, parse, say, swap } from "lib/dom.js";
import { fragment } from "lib/http.js";
import { socket } from "lib/socket.js";

/** The list of orders: filters without a page load, more on demand, changes of others as they happen. */
export default class OrderList {
  #root;
  #cursor;
  #fresh = new Set();
  #changed = new Set();
  #refresh = debounce(() => this.#catchUp(), 300);

  constructor(root, signal) {
    this.#root = root;
    this.#cursor = root.dataset.cursor || null;
    root.addEventListener("click", (event) => this.#clicked(event));
    root.addEventListener("submit", (event) => this.#searched(event));
    const search = $("[type=search]", root);
    search.addEventListener("input", debounce((event) => this.#searchNow(event), 250));
    for (const name of ["chat:message", "chat:read"]) document.addEventListener(name, () => this.#talked(), { signal });
    socket.subscribe({ feed: "orders" }, { after: () => this.#cursor, onFrame: (frame) => this.#heard(frame) }, signal);
    // What was typed while this was still on its way is looked for, too.
    if (search.value !== search.defaultValue) search.form.requestSubmit();
  }

  /** The open order's row says the last word of the chat beside it. */
  #talked() {
    const open = $("[data-order]:has([aria-current])", this.#root);
    if (!open) return;
    this.#changed.add(open.dataset.order);
    this.#refresh();
  }

  #clicked(event) {
    const link = event.target.closest("a[data-list], a[data-more], [data-newrows]");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if ("more" in link.dataset) this.#more(link);
    else if (link.href) this.#load(link.href, { focus: link.dataset.tab });
    else this.#renew();
  }

  #searched(event) {
    if (!event.target.matches("[data-search], [data-filter]")) return;
    event.preventDefault();
    const fields = new URLSearchParams(location.search);
    for (const name of ["after", "todo"]) fields.delete(name);
    // Hidden fields are for browsers without JavaScript; the address knows the other filters better.
    for (const { name, value, type } of event.target.elements) {
      if (!name || type === "hidden") continue;
      if (value) fields.set(name, value);
      else fields.delete(name);
    }
    this.#load(`${location.pathname}?${fields}`);
  }

  #searchNow(event) {
    if (!event.isComposing) event.target.form.requestSubmit();
  }

  /** The same list as it is now: a filter that is half set stays so. */
  #renew() {
    return this.#load(location.href, { keep: true });
  }

  /** Puts another list in place; the address follows, so Back and a reload show the same. */
  async #load(url, { focus = "", keep = false } = {}) {
    $("#rows", this.#root).setAttribute("aria-busy", "true");
    const html = await fragment(url, { headers: { "X-Fragment": "list" } });
    if (html === null) return;
    history.replaceState(null, "", url);
    const parts = parse(html);
    for (const id of ["tabs", "chips", "filters", "rows"]) {
      const fresh = parts.querySelector(`#${id}`);
      const old = $(`#${id}`, this.#root);
      if (fresh && keep && id === "filters") swap(old, fresh.outerHTML);
      else if (fresh) old.replaceWith(fresh);
    }
    this.#fresh.clear();
    if (focus) $(`[data-tab="${focus}"]`, this.#root)?.focus();
    if (this.#isQueue) announce(say(`${$$("[data-todo]", this.#root).length} 件待我处理`, `Things to do: ${$$("[data-todo]", this.#root).length}`));
    else announce(say(`${$$("[data-order]", this.#root).length} 个订单`, `Orders: ${$$("[data-order]", this.#root).length}`));
  }

  async #more(link) {
    const place = link.closest("p");
    link.setAttribute("aria-busy", "true");
    const html = await fragment(link.href, { headers: { "X-Fragment": "list" } });
    if (html === null) return link.removeAttribute("aria-busy");
    const parts = parse(html);
    const rows = $$("#rows [data-order]", parts);
    $("ul", $("#rows", this.#root)).append(...rows);
    const next = parts.querySelector(".morerows");
    if (next) place.replaceWith(next);
    else place.remove();
    rows[0]?.querySelector("a").focus();
  }

  #heard(frame) {
    if (frame.type === "resync") {
      // Too much has happened to be told one by one.
      this.#cursor = frame.cursor;
      this.#renew();
      return;
    }
    if (frame.type !== "event") return;
    if (frame.cursor) this.#cursor = frame.cursor;
    const number = frame.event?.number ?? frame.event?.data?.number;
    if (this.#isQueue) {
      // Whatever happens may add a row to it, or take one away.
      this.#fresh.add(number ?? frame.event.type);
      this.#refresh();
      return;
    }
    if (!number) return;
    // Talk moves no order in the list; only a list of unread ones gains a row by it.
    const talk = frame.event.type === "conversation.message";
    if (talk && !this.#row(number) && !new URLSearchParams(location.search).has("unread")) return;
    (this.#row(number) ? this.#changed : this.#fresh).add(number);
    this.#refresh();
  }

  /** Rows on screen change in place; new ones wait while somebody points at the list. */
  async #catchUp() {
    const changed = [...this.#changed];
    this.#changed.clear();
    await Promise.all(changed.map((number) => this.#reloadRow(number)));
    const box = $("#rows", this.#root);
    const busy = box.matches(":hover") || box.contains(document.activeElement) || box.scrollTop > 0;
    if (this.#fresh.size && !busy) return this.#renew();
    if (this.#fresh.size) this.#offerNew();
    const html = await fragment(location.href, { headers: { "X-Fragment": "tabs" } });
    if (html && !$("#tabs").contains(document.activeElement)) swap($("#tabs"), html);
  }

  async #reloadRow(number) {
    const url = `${this.#root.dataset.url}${number}/row/${location.search}`;
    const html = await fragment(url);
    const row = this.#row(number);
    if (!row || html === null) return;
    const current = $("[aria-current]", row) !== null;
    const fresh = swap(row, html);
    if (current) $("a", fresh).setAttribute("aria-current", "true");
  }

  #offerNew() {
    const button = $("[data-newrows]", this.#root);
    const count = this.#fresh.size;
    button.hidden = false;
    button.textContent = this.#isQueue ? say("有更新，点这里刷新", "There is news, refresh") : say(`${count} 个订单有更新，点这里刷新`, `Updated orders: ${count}. Refresh`);
  }

  /** Whether the queue of what waits for the reader stands in the list's place. */
  get #isQueue() {
    return new URLSearchParams(location.search).has("todo");
  }

  #row(number) {
    return $(`[data-order="${CSS.escape(number)}"]`, this.#root);
  }
}
