import { $, debounce } from "lib/dom.js";
import { getJSON } from "lib/http.js";
import { socket } from "lib/socket.js";

/** Keeps the unread count on the inbox's button true while other conversations go on. */
export default class UnreadBadge {
  #link;
  #known = false;
  #reload = debounce(() => this.#ask(), 400);

  constructor(link) {
    this.#link = link;
    socket.subscribe({ feed: "orders" }, { onFrame: (frame) => this.#heard(frame) });
    for (const name of ["chat:message", "chat:up", "chat:read"]) document.addEventListener(name, () => this.#reload());
  }

  #heard(frame) {
    // What was said while the line was down is in no frame: back on it, everything is counted anew.
    const back = frame.type === "subscribed" && this.#known;
    this.#known ||= frame.type === "subscribed";
    if (!back && frame.type !== "resync" && frame.event?.type !== "conversation.message") return;
    this.#reload();
    document.dispatchEvent(new CustomEvent("inbox:changed"));
  }

  async #ask() {
    if (this.#link.checkVisibility?.() === false) return;
    const { unread, shown, label } = await getJSON(this.#link.dataset.unreadUrl);
    const badge = $(".badge", this.#link);
    badge.hidden = !unread;
    $("[aria-hidden]", badge).textContent = shown;
    $(".sr", badge).textContent = label;
  }
}
