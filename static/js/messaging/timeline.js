/** The confirmed messages of a conversation in `seq` order: one row each, whatever order they come in. */

import { dayKey } from "messaging/format.js";

const GROUP_MS = 5 * 60 * 1000;
const SOON_MS = 30 * 60 * 1000;

const isSoon = (happened, told) => new Date(told) - new Date(happened) < SOON_MS && dayKey(happened) === dayKey(told);

export default class Timeline {
  #place;
  #rows;
  #entries = [];
  #unreadAfter;
  #line = null;
  #told = new Map();

  constructor(place, rows, unreadAfter) {
    this.#place = place;
    this.#rows = rows;
    this.#unreadAfter = unreadAfter;
  }

  /** What comes after `seq` has the red line above it, once; null for a reader who sees it come. */
  unreadFrom(seq) {
    this.#unreadAfter = this.#line?.seq > seq ? null : seq;
  }

  get last() {
    return this.#entries.at(-1)?.message.seq ?? 0;
  }

  get first() {
    return this.#entries[0]?.message.seq ?? 0;
  }

  get(seq) {
    const index = this.#index(seq);
    return this.#entries[index]?.message.seq === seq ? this.#entries[index] : undefined;
  }

  /** Adds or replaces messages; returns those that were not there before. */
  put(messages) {
    const fresh = messages.filter((message) => this.#putOne(message));
    this.#decorateAround(messages);
    return fresh;
  }

  /** The newest message that `wanted` accepts. */
  findLast(wanted) {
    return this.#entries.findLast((entry) => wanted(entry.message));
  }

  #index(seq) {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#entries[middle].message.seq < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #putOne(message) {
    const index = this.#index(message.seq);
    const there = this.#entries[index];
    const row = this.#rows.build(message);
    row.dataset.seq = message.seq;
    if (there?.message.seq === message.seq) {
      there.row.replaceWith(row);
      Object.assign(there, { message, row });
      this.#fold(message);
      return false;
    }
    this.#place.insertBefore(row, there ? (there.lead ?? there.row) : null);
    this.#entries.splice(index, 0, { message, row, lead: null, unread: null });
    this.#fold(message);
    return true;
  }

  /** What happened and the notice that tells of it are one entry: the notice, where it came soon enough. */
  #fold({ data = {}, created_at }) {
    const events = data.notice ? (data.events ?? [data.event_id]).filter(Boolean) : [];
    for (const id of events) this.#told.set(id, created_at);
    if (!events.length && !this.#told.has(data.event_id)) return;
    for (const { message, row } of this.#entries) {
      const { event, event_id } = message.data ?? {};
      if (event && this.#told.has(event_id)) row.hidden = isSoon(message.created_at, this.#told.get(event_id));
    }
  }

  #decorateAround(messages) {
    const touched = new Set();
    for (const message of messages) {
      const index = this.#index(message.seq);
      touched.add(index).add(index + 1);
    }
    for (const index of touched) if (index < this.#entries.length) this.#decorate(index);
  }

  #decorate(index) {
    const entry = this.#entries[index];
    const before = this.#entries[index - 1]?.message;
    const { message, row } = entry;
    entry.lead?.remove();
    entry.lead = null;
    if (!before || dayKey(before.created_at) !== dayKey(message.created_at)) {
      entry.lead = this.#rows.day(message.created_at);
      row.before(entry.lead);
    }
    this.#markUnread(entry, before);
    const joined = !entry.lead && !entry.unread && this.#groups(before, message);
    row.classList.toggle("cont", joined && row.classList.contains("msg"));
    this.#fillQuote(row, message);
  }

  #groups(before, message) {
    if (!before || [before, message].some((one) => one.kind === "event" || one.internal)) return false;
    const same = before.sender.kind === message.sender.kind && before.sender.id === message.sender.id;
    return same && new Date(message.created_at) - new Date(before.created_at) < GROUP_MS;
  }

  #markUnread(entry, before) {
    const { message, row } = entry;
    const mine = this.#rows.isOut(message) || message.kind === "event";
    if (this.#unreadAfter === null || entry.unread || mine || message.seq <= this.#unreadAfter) return;
    if (before && before.seq > this.#unreadAfter && !this.#rows.isOut(before) && before.kind !== "event") return;
    this.#unreadAfter = null;
    this.#line?.element.remove();
    entry.unread = this.#rows.part("unread");
    row.before(entry.unread);
    this.#line = { seq: message.seq, element: entry.unread };
  }

  #fillQuote(row, message) {
    const quote = row.querySelector("[data-quote]");
    const original = quote && this.get(Number(quote.dataset.quote))?.message;
    if (!original) return;
    quote.querySelector("b").textContent = original.sender.name;
    quote.querySelector("span").textContent = original.body || `[${original.attachments?.[0]?.name ?? "…"}]`;
  }
}
