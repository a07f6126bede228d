/** A customer's own page that stays true: its parts (`data-live`) are fetched again when something of theirs has changed,
    when the line is back, and when the page is looked at again. What was typed stays. */

import { $$, debounce, swap } from "lib/dom.js";
import { fragment } from "lib/http.js";
import { socket } from "lib/socket.js";
import { spelled } from "lib/typed.js";

export const CHANGED = "own.changed";

/** Calls `work` whenever something of this page's customer may be otherwise than it is shown. */
export function onChange(work, signal) {
  const soon = debounce(work, 250);
  let away = false;
  socket.onFrame((frame) => frame.type === CHANGED && soon(), signal);
  socket.onState((state, { attempt }) => {
    if (state === "online" && away) soon();
    away = state !== "online" && attempt > 0;
  }, signal);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && soon(), { signal });
  socket.open();
}

// The answer to a form stays as it is: what was refused, and what was filled in, is in no page that is fetched.
const isAnswer = "posted" in document.documentElement.dataset;

export default class Live {
  #turn = 0;

  constructor(_root, signal) {
    onChange(() => this.#renew(), signal);
  }

  get #parts() {
    return $$("[data-live]").filter((part) => !isAnswer || !part.querySelector("form"));
  }

  async #renew() {
    const turn = ++this.#turn;
    // Asked for as a fragment, the page leaves what is to be said once to the page that somebody opens.
    const html = await fragment(location.pathname + location.search).catch(() => null);
    await spelled();
    if (!html || turn !== this.#turn) return;
    const fresh = new DOMParser().parseFromString(html, "text/html");
    for (const part of this.#parts) {
      const same = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
      if (same && shown(same) !== shown(part)) swap(part, same.outerHTML);
    }
  }
}

/** What somebody sees of a part, and where it leads: keys and tokens are others each time. */
function shown(part) {
  const leads = $$("a[href], img[src], form[action]", part).map((each) => each.getAttribute("href") ?? each.getAttribute("src") ?? each.getAttribute("action"));
  const text = part.textContent.replace(/\s+/g, " ").trim();
  return [text, ...leads].join("\n");
}
