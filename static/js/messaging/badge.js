import { $, debounce } from "lib/dom.js";
import { getJSON } from "lib/http.js";
import { socket } from "lib/socket.js";

const SAID = "conversation.message";
// What anything that happens may change is not counted after each single thing.
const PAUSE = { said: 400, all: 2_000 };

/** Keeps the count on a button true while others work: of what was said, or of everything (`data-hears="all"`). */
export default class UnreadBadge {
  #link;
  #all;
  #known = false;
  #reload;

  constructor(link, signal) {
    this.#link = link;
    this.#all = link.dataset.hears === "all";
    this.#reload = debounce(() => this.#ask(), PAUSE[this.#all ? "all" : "said"]);
    socket.subscribe({ feed: "orders" }, { onFrame: (frame) => this.#heard(frame) }, signal);
    for (const name of ["chat:message", "chat:up", "chat:read"]) document.addEventListener(name, () => this.#reload(), { signal });
  }

  #heard(frame) {
    // What was said while the line was down is in no frame: back on it, everything is counted anew.
    const back = frame.type === "subscribed" && this.#known;
    this.#known ||= frame.type === "subscribed";
    const told = frame.event && (this.#all || frame.event.type === SAID);
    if (!back && frame.type !== "resync" && !told) return;
    this.#reload();
    if (!this.#all) document.dispatchEvent(new CustomEvent("inbox:changed"));
  }

  async #ask() {
    if (this.#link.checkVisibility?.() === false) return;
    const { unread, shown, label } = await getJSON(this.#link.dataset.unreadUrl);
    const badge = $(".badge", this.#link);
    badge.hidden = !unread;
    $("[aria-hidden]", badge).textContent = shown;
    $(".visually-hidden", badge).textContent = label;
    for (const same of document.querySelectorAll(`[data-counted="${CSS.escape(this.#link.dataset.unreadUrl)}"]`)) same.textContent = shown;
  }
}
