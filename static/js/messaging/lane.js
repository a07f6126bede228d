/** Unsent messages of one kind, one after the other. What fails is tried again, less and less often. */

const MAX_WAIT_MS = 15000;

/** The server asks to wait, and may say why. */
export class Later extends Error {
  constructor(seconds, reason) {
    super("later");
    Object.assign(this, { seconds, reason });
  }
}

export default class Lane {
  #next;
  #attempt;
  #running = false;
  #tries = 0;
  #timer;

  /** `next()` is the record whose turn it is; `attempt(record)` answers the error that asks for a pause, if any. */
  constructor(next, attempt) {
    this.#next = next;
    this.#attempt = attempt;
  }

  wake() {
    clearTimeout(this.#timer);
    this.#tries = 0;
    this.#run();
  }

  async #run() {
    if (this.#running) return;
    this.#running = true;
    let record;
    let error;
    while (!error && (record = this.#next())) {
      error = await this.#attempt(record);
      if (!error) this.#tries = 0;
    }
    this.#running = false;
    if (error) this.#pause(error);
  }

  #pause(error) {
    const wait = error instanceof Later ? error.seconds * 1000 : Math.min(MAX_WAIT_MS, 1000 * 2 ** this.#tries++);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#run(), wait);
  }
}
