/** 已送达 and 已读 on the last message of one's own side, and telling the other side what has been read here. */

export default class Receipts {
  #rows;
  #timeline;
  #peer;
  #mine;
  #meta;

  constructor(page, rows, timeline) {
    this.#rows = rows;
    this.#timeline = timeline;
    this.#peer = page.peer_read;
    this.#mine = page.my_read;
  }

  /** The other side has read up to `seq`. */
  seen(seq) {
    this.#peer = Math.max(this.#peer, seq);
    this.render();
  }

  /** How far was read here, as far as it was reported. */
  get mine() {
    return this.#mine;
  }

  /** What to report as read now, or 0 when that was reported before. */
  toReport() {
    const { last } = this.#timeline;
    if (last <= this.#mine) return 0;
    this.#mine = last;
    return last;
  }

  render() {
    if (this.#meta) { this.#meta.replaceChildren(); this.#meta.hidden = true; }
    const entry = this.#timeline.findLast((one) => this.#counts(one));
    this.#meta = entry?.row.querySelector("[data-meta]");
    if (!this.#meta) return;
    const part = this.#rows.part(entry.message.seq <= this.#peer ? "read" : "delivered");
    this.#meta.replaceChildren(...part.childNodes);
    this.#meta.hidden = false;
  }

  #counts(message) {
    return this.#rows.isOut(message) && message.kind !== "event" && !message.internal && !message.recalled;
  }
}
