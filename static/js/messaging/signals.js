/** What is never stored: who is typing, who is here. */

import { say } from "lib/dom.js";

const REPEAT_MS = 3000;
const IDLE_MS = 5000;
const SHOWN_MS = 7000;

/** Tells the others that I am writing, at most once in three seconds. */
export class TypingSender {
  #send;
  #sentAt = 0;
  #idle;

  constructor(send) {
    this.#send = send;
  }

  set(active) {
    clearTimeout(this.#idle);
    if (!active) return this.#stop();
    this.#idle = setTimeout(() => this.#stop(), IDLE_MS);
    if (Date.now() - this.#sentAt < REPEAT_MS) return undefined;
    this.#sentAt = Date.now();
    return this.#send(true);
  }

  #stop() {
    if (!this.#sentAt) return;
    this.#sentAt = 0;
    this.#send(false);
  }
}

/** Shows who is typing, until they stop or a few seconds pass. */
export class TypingLine {
  #line;
  #text;
  #who = new Map();

  constructor(line, text) {
    this.#line = line;
    this.#text = text;
  }

  set(key, name, active) {
    clearTimeout(this.#who.get(key)?.timer);
    this.#who.delete(key);
    if (active) this.#who.set(key, { name, timer: setTimeout(() => this.set(key, name, false), SHOWN_MS) });
    const names = [...this.#who.values()].map((one) => one.name);
    this.#line.hidden = !names.length;
    this.#line.querySelector("[data-text]").textContent = this.#text.replace("%s", names.join(say("、", ", ")));
  }

  /** Nobody is known to type while nothing is heard of them. */
  clear() {
    for (const [key, { name }] of [...this.#who]) this.set(key, name, false);
  }
}

/** Shows whether the other side is here. */
export class Presence {
  #root;
  #texts;

  constructor(root, texts) {
    this.#root = root;
    this.#texts = texts;
  }

  set(online) {
    this.#root.querySelector("[data-peer-avatar]")?.classList.toggle("on", online);
    const place = this.#root.querySelector("[data-presence]");
    if (place) place.textContent = online ? this.#texts.online : this.#texts.away;
  }
}
