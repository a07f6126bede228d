/** Shows the order as it stands now: fetched again whenever something of it has changed. */

import { debounce, parse } from "lib/dom.js";
import { request } from "lib/http.js";
import { mountAll } from "lib/modules.js";
import { keepTyped, spelled } from "lib/typed.js";
import { onChange } from "portal/live.js";

export default class Progress {
  #root;
  #turn = 0;

  constructor(root, signal) {
    this.#root = root;
    const soon = debounce(() => this.#refresh(), 150);
    document.addEventListener("chat:message", ({ detail }) => detail.message.kind === "event" && soon(), { signal });
    // Away for a while: whatever happened meanwhile is asked for in one go.
    document.addEventListener("chat:up", soon, { signal });
    // What only the shop reads of the conversation may show on this page all the same.
    onChange(soon, signal);
  }

  async #refresh() {
    const turn = ++this.#turn;
    const answer = await request(this.#root.dataset.url).catch(() => null);
    if (answer?.status === 404) location.reload();
    if (!answer?.ok) return;
    const html = await answer.text();
    await spelled();
    if (turn !== this.#turn) return;
    // What somebody is just reading, or writing, stays as it is.
    const putBack = keepTyped(this.#root);
    this.#root.replaceChildren(...parse(html).childNodes);
    putBack(this.#root);
    mountAll(this.#root);
    document.dispatchEvent(new CustomEvent("portal:fresh"));
  }
}
