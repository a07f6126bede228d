/** Keeps the inbox's list current, without moving it under a pointer or a focused row. */

import { ask } from "lib/ask.js";
import { every } from "lib/modules.js";

const POLL_MS = 10000;
const SOON_MS = 400;

export default class Inbox {
  #place;
  #news;
  #timer;
  #waiting = "";

  constructor(root, signal) {
    this.#place = root.querySelector("[data-rows-place]");
    this.#news = root.querySelector("[data-news]");
    this.#news.addEventListener("click", () => this.#show());
    for (const name of ["chat:message", "chat:up", "inbox:changed"]) {
      document.addEventListener(name, () => this.#soon(), { signal });
    }
    this.#place.addEventListener("pointerleave", () => this.#waiting && this.#show());
    every(POLL_MS, () => document.visibilityState === "visible" && this.#refresh(), signal);
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#refresh(), SOON_MS);
  }

  async #refresh() {
    // Not leading away by itself: that somebody is logged out is said by the page's bar, and what they write stays.
    const answer = await ask(location.href, { headers: { "X-Fragment": "list" } }).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const html = await answer.text();
    if (html === this.#waiting) return;
    this.#waiting = html;
    if (this.#place.matches(":hover") || this.#place.contains(document.activeElement)) this.#offer();
    else this.#show();
  }

  /** Says that there is news only when the rows would really change. */
  #offer() {
    const next = this.#parse();
    const order = (root) => [...root.querySelectorAll("[data-conversation]")].map((row) => row.dataset.conversation + row.querySelector(".orow__bottom").textContent).join();
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
