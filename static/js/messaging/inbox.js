/** Keeps the inbox's list current, without moving it under a pointer or a focused row. */

const POLL_MS = 10000;
const SOON_MS = 400;

export default class Inbox {
  #place;
  #news;
  #timer;
  #waiting = "";

  constructor(root) {
    this.#place = root.querySelector("[data-rows-place]");
    this.#news = root.querySelector("[data-news]");
    this.#news.addEventListener("click", () => this.#show());
    for (const name of ["chat:message", "chat:up", "inbox:changed"]) {
      document.addEventListener(name, () => this.#soon());
    }
    this.#place.addEventListener("pointerleave", () => this.#waiting && this.#show());
    setInterval(() => document.visibilityState === "visible" && this.#refresh(), POLL_MS);
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#refresh(), SOON_MS);
  }

  async #refresh() {
    const response = await fetch(location.href, { headers: { "X-Fragment": "list" }, credentials: "same-origin" }).catch(() => null);
    if (!response?.ok || response.redirected) return;
    const html = await response.text();
    if (html === this.#waiting) return;
    this.#waiting = html;
    if (this.#place.matches(":hover") || this.#place.contains(document.activeElement)) this.#offer();
    else this.#show();
  }

  /** Says that there is news only when the rows would really change. */
  #offer() {
    const next = this.#parse();
    const order = (root) => [...root.querySelectorAll("[data-conversation]")].map((row) => row.dataset.conversation + row.querySelector(".o3").textContent).join();
    this.#news.hidden = order(next) === order(this.#place);
  }

  #parse() {
    const holder = document.createElement("template");
    holder.innerHTML = this.#waiting;
    return holder.content;
  }

  #show() {
    if (this.#waiting) this.#place.replaceChildren(...this.#parse().childNodes);
    this.#waiting = "";
    this.#news.hidden = true;
  }
}
