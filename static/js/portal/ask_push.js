import { $ } from "lib/dom.js";
import { agree, isKept, isPossible } from "lib/push.js";
import { toast } from "lib/toast.js";

const KEY = "shopcomm-push-later";
const PAUSE = 30 * 24 * 3600 * 1000;

/** Offers to wake the phone when that makes sense: somebody wrote, or the order moved. Never at the first look, and
    not again for a month after 以后再说. */
export default class AskPush {
  #root;
  #kept;

  constructor(root, signal) {
    this.#root = root;
    if (!isPossible() || Notification.permission === "denied") return;
    this.#kept = isKept(root.dataset.path).catch(() => true);
    if (Date.now() - putOff() < PAUSE) return;
    document.addEventListener("chat:message", ({ detail }) => this.#consider(detail.message), { signal });
    $("[data-push-on]", root).addEventListener("click", () => this.#agree());
    $("[data-push-later]", root).addEventListener("click", () => this.#later());
  }

  async #consider({ sender, kind }) {
    const sensible = sender.kind === "customer" || kind === "event";
    if (sensible && Date.now() - putOff() >= PAUSE && !(await this.#kept)) this.#root.hidden = false;
  }

  async #agree() {
    this.#root.hidden = true;
    const answer = agree(this.#root.dataset.path);
    // Asked once is enough, whatever the answer.
    this.#kept = answer.then(() => true);
    answer.then((why) => why && toast(why, { alert: true }));
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
