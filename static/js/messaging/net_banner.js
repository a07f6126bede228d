/** Says when the connection is gone, what waits to be sent, and what came in when it is back. Beside the page's own
    bar it only says what that one does not know. */

const QUIET_MS = 2000;
const BAD_MS = 30000;

export default class NetBanner {
  #bar;
  #texts;
  #unsent;
  #since = 0;
  #timer;
  #retry = { attempt: 0, at: 0 };
  #beside = document.querySelector('[data-module~="lib/netbar.js"]') !== null;

  constructor(bar, texts, { unsent, reconnect, signal }) {
    this.#bar = bar;
    this.#texts = texts;
    this.#unsent = unsent;
    bar.querySelector("[data-reconnect]").addEventListener("click", reconnect);
    signal.addEventListener("abort", () => clearInterval(this.#timer));
  }

  down({ attempt = 0, wait = 0 } = {}) {
    this.#retry = { attempt, at: Date.now() + wait };
    if (this.#since) return;
    this.#since = Date.now();
    this.#timer = setInterval(() => this.#show(), 500);
  }

  /** `missed` messages came in while away. */
  up(missed) {
    clearInterval(this.#timer);
    const since = this.#since && Date.now() - this.#since > QUIET_MS;
    const shown = since && !this.#bar.hidden;
    this.#since = 0;
    if (!shown && !(missed && this.#beside && since)) return;
    this.#set("ok", missed ? this.#texts.backMissed.replace("%s", missed) : this.#texts.back, false);
    setTimeout(() => { if (!this.#since) this.#bar.hidden = true; }, 3000);
  }

  denied(text) {
    clearInterval(this.#timer);
    this.#set("bad", text, false);
  }

  #show() {
    const away = Date.now() - this.#since;
    if (away < QUIET_MS) return;
    const unsent = this.#unsent();
    if (this.#beside) {
      if (unsent) this.#set("", this.#texts.unsentCount.replace("%s", unsent), false);
      return;
    }
    if (away > BAD_MS) {
      this.#set("bad", this.#texts.offline + (unsent ? this.#texts.offlineUnsent.replace("%s", unsent) : ""), true);
      return;
    }
    const seconds = Math.ceil((this.#retry.at - Date.now()) / 1000);
    let text = this.#texts.reconnecting;
    if (this.#retry.attempt > 1) text += this.#texts.attempt.replace("%s", this.#retry.attempt);
    if (seconds > 0) text += this.#texts.inSeconds.replace("%s", seconds);
    this.#set("", text, true);
  }

  #set(kind, text, button) {
    this.#bar.className = `netbar ${kind}`;
    this.#bar.setAttribute("role", kind === "bad" ? "alert" : "status");
    this.#bar.hidden = false;
    const place = this.#bar.querySelector("[data-text]");
    if (place.textContent !== text) place.textContent = text;
    this.#bar.querySelector("[data-reconnect]").hidden = !button;
  }
}
