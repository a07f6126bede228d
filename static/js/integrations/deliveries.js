/** Keeps the last deliveries of an endpoint current while somebody looks at them; what they have ticked stays ticked. */

import { ask } from "lib/ask.js";
import { $, swap } from "lib/dom.js";
import { every } from "lib/modules.js";

const POLL_MS = 3000;

export default class Deliveries {
  #root;
  #shown = "";

  constructor(root, signal) {
    this.#root = root;
    every(POLL_MS, () => document.visibilityState === "visible" && this.#renew(), signal);
  }

  async #renew() {
    const answer = await ask(location.pathname + location.search, { headers: { "X-Fragment": "list" } }).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const html = await answer.text();
    if (html === this.#shown) return;
    this.#shown = html;
    swap($("[data-deliveries]", this.#root), html);
  }
}
