/** Pictures that were still being drawn when their message came: shown when a frame says so, or by asking again. */

const ASK_AFTER_MS = [2000, 4000, 8000, 15000, 30000, 60000];

const isPending = (file) => file.state === "pending";

export default class LatePictures {
  #fetch;
  #show;
  #timers = new Map();

  /** `fetch(seq)` answers a message as it is now, `show(message)` puts it into the log. */
  constructor(fetch, show) {
    this.#fetch = fetch;
    this.#show = show;
  }

  /** A frame may be lost: what is still pending is asked for, less and less often. */
  watch(messages) {
    for (const message of messages) {
      if (message.attachments?.some(isPending) && !this.#timers.has(message.seq)) this.#ask(message.seq, 0);
    }
  }

  /** One file of a message is as the frame says. */
  changed(message, file) {
    const attachments = message.attachments.map((one) => (one.id === file.id ? file : one));
    if (!attachments.some(isPending)) this.#forget(message.seq);
    this.#show({ ...message, attachments });
  }

  #ask(seq, round) {
    if (round >= ASK_AFTER_MS.length) return this.#forget(seq);
    this.#timers.set(seq, setTimeout(() => this.#look(seq, round), ASK_AFTER_MS[round]));
  }

  async #look(seq, round) {
    const message = await this.#fetch(seq).catch(() => null);
    if (!this.#timers.has(seq)) return;
    if (message && !message.attachments.some(isPending)) {
      this.#forget(seq);
      this.#show(message);
    } else {
      this.#ask(seq, round + 1);
    }
  }

  #forget(seq) {
    clearTimeout(this.#timers.get(seq));
    this.#timers.delete(seq);
  }
}
