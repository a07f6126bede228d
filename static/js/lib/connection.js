/* When a connection is dead, how long to wait before the next, and when to give up. */
const PING_EVERY = 25_000;
const ANSWER_WITHIN = 10_000;
/** Milliseconds after which a line that does not open is given up. */
export const OPENS_WITHIN = 15_000;
const LONGEST_PAUSE = 30_000;
const OFFLINE_AFTER = 30_000;
const RESTART = 1012;
const TOO_MANY = 4429;
const UNKNOWN = 4401;

/** Whether the server does not know (any more) whom this page speaks for. */
export const isUnknown = (code) => code === UNKNOWN;

/** Whether there are too many tabs open: the others go on, this one does without. */
export const isTooMany = (code) => code === TOO_MANY;

/** Whether a connection has been gone for so long that people should know. */
export const isLong = (since) => Date.now() - since > OFFLINE_AFTER || !navigator.onLine;

/** Milliseconds before the next try. A server that restarts says so: come back at once, spread a little. */
export function pause(attempt, code) {
  if (code === RESTART) return Math.random() * 300;
  const ceiling = Math.min(LONGEST_PAUSE, 500 * 2 ** attempt);
  return ceiling / 2 + (Math.random() * ceiling) / 2;
}

/** Asks now and then whether the other side is there; `dead` is called when nothing comes back. */
export class Heartbeat {
  #ping;
  #dead;
  #timer = 0;
  #late = 0;

  constructor(ping, dead) {
    this.#ping = ping;
    this.#dead = dead;
  }

  start() {
    this.stop();
    this.#timer = setInterval(() => this.ask(), PING_EVERY);
  }

  /** Now, not at the next beat: a phone that slept does not know what became of its lines. */
  ask() {
    clearTimeout(this.#late);
    this.#ping();
    this.#late = setTimeout(this.#dead, ANSWER_WITHIN);
  }

  heard() {
    clearTimeout(this.#late);
  }

  stop() {
    clearInterval(this.#timer);
    clearTimeout(this.#late);
  }
}
