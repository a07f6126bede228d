import { $ } from "lib/dom.js";
import { agree, current, isPossible } from "lib/push.js";

const KEY = "shopcomm-push-later";
const PAUSE = 30 * 24 * 3600 * 1000;

/** Offers to wake the phone when that makes sense: somebody wrote, or the order moved. Never at the first look, and
    not again for a month after 以后再说. */
export default class AskPush {
  #root;

  constructor(root) {
    this.#root = root;
    if (!isPossible() || Notification.permission !== "default" || Date.now() - putOff() < PAUSE) return;
    document.addEventListener("chat:message", ({ detail }) => this.#consider(detail.message));
    $("[data-push-on]", root).addEventListener("click", () => this.#agree());
    $("[data-push-later]", root).addEventListener("click", () => this.#later());
  }

  async #consider({ sender, kind }) {
    const sensible = sender.kind === "customer" || kind === "event";
    if (sensible && Notification.permission === "default" && Date.now() - putOff() >= PAUSE && !(await current())) this.#root.hidden = false;
  }

  async #agree() {
    this.#root.hidden = true;
    await agree(this.#root.dataset.path);
  }

  #later() {
    this.#root.hidden = true;
    try {
      localStorage.setItem(KEY, Date.now());
    } catch { /* no storage: asked again next time */ }
  }
}

function putOff() {
  try {
    return Number(localStorage.getItem(KEY));
  } catch {
    return 0;
  }
}
