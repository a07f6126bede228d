/** Shows how far a file is: numbers as the socket tells them, and what it has become fetched from the server. */

import { ask } from "lib/ask.js";
import { $, swap } from "lib/dom.js";
import { every } from "lib/modules.js";
import { socket } from "lib/socket.js";

// Where the line is down, or a frame was lost.
const POLL_MS = 10_000;

export default class FileProgress {
  #root;

  constructor(root, signal) {
    this.#root = root;
    socket.onFrame((frame) => this.#heard(frame), signal);
    socket.onState((state) => state === "online" && this.#renew(), signal);
    every(POLL_MS, () => document.visibilityState === "visible" && this.#renew(), signal);
    socket.open();
  }

  get #part() {
    return $("[data-file]", this.#root);
  }

  #heard(frame) {
    if (frame.type !== "file.progress" || frame.file !== this.#part?.dataset.file) return;
    if (frame.state || !$("progress", this.#root)) this.#renew();
    else this.#show(frame);
  }

  #show({ rows, percent }) {
    $("progress", this.#root).value = percent ?? rows;
    $("[data-rows]", this.#root).textContent = rows.toLocaleString("en");
  }

  async #renew() {
    if (!this.#part || "over" in this.#part.dataset) return;
    const answer = await ask(location.pathname + location.search, { headers: { "X-Fragment": "state" } }).catch(() => null);
    if (answer?.ok && !answer.redirected && this.#part) swap(this.#part, await answer.text());
  }
}
