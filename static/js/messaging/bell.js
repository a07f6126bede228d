import { $, $$, debounce, say } from "lib/dom.js";
import { getJSON } from "lib/http.js";
import { socket } from "lib/socket.js";
import { toast } from "lib/toast.js";

/** The bell: counts what is new, says it on the page, or on the desktop while the page is not looked at. */
export default class Bell {
  #link;
  #desktop = false;
  #count = debounce(() => this.#ask(), 300);

  constructor(link, signal) {
    this.#link = link;
    socket.onFrame((frame) => this.#heard(frame), signal);
    socket.onState((state) => state === "online" && this.#count(), signal);
    socket.open();
  }

  #heard(frame) {
    if (["notice.seen", "resync"].includes(frame.type)) this.#count();
    if (frame.type !== "notice") return;
    this.#count();
    if (document.visibilityState === "visible") {
      toast(frame.text, { label: say("查看", "Open"), action: () => location.assign(frame.url) });
    } else this.#onDesktop(frame);
  }

  #onDesktop(frame) {
    if (!this.#desktop || Notification.permission !== "granted") return;
    // The same tag in every tab: the person is told once.
    const shown = new Notification(say("新通知", "Notification"), { body: frame.text, tag: `notice-${frame.id}` });
    shown.addEventListener("click", () => {
      window.focus();
      location.assign(frame.url);
    });
  }

  async #ask() {
    const { unread, shown, label, desktop } = await getJSON(this.#link.dataset.unreadUrl);
    this.#desktop = desktop;
    // The rail's bell, and on a phone the way to it.
    for (const badge of $$("[data-new-notices] .badge")) {
      badge.hidden = !unread;
      $("[aria-hidden]", badge).textContent = shown;
      $(".visually-hidden", badge).textContent = label;
    }
  }
}
