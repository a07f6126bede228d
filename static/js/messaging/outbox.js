/** Sends what is unsent, in order, one at a time, with the same `client_id` until it is confirmed or refused. */

import { sendLater } from "messaging/background.js";
import OutboxStore from "messaging/outbox_store.js";

const ACK_MS = 8000;
const MAX_WAIT_MS = 15000;

/** The server understood and said no; `never`: a file that is too large or of another kind stays so. */
export class Refused extends Error {
  constructor(reason, { never = false } = {}) {
    super(reason);
    this.never = never;
  }
}

/** The server asks to wait, and may say why. */
export class Later extends Error {
  constructor(seconds, reason) {
    super("later");
    Object.assign(this, { seconds, reason });
  }
}

export default class Outbox extends EventTarget {
  #store;
  #carrier;
  #queue = [];
  #running = false;
  #tries = 0;
  #timer;
  #waiting = new Map();

  /** `carrier` has `ready`, `address`, `bySocket(record)` and `byPost(record)`, `upload(record)`. */
  constructor(owner, carrier, signal) {
    super();
    this.#store = new OutboxStore(owner);
    this.#carrier = carrier;
    addEventListener("online", () => this.wake(), { signal });
  }

  get size() {
    return this.#queue.length;
  }

  async restore() {
    const known = new Set(this.#queue.map((record) => record.client_id));
    const kept = (await this.#store.all()).filter((record) => !known.has(record.client_id));
    this.#queue.unshift(...kept);
    for (const record of kept) this.#tell("added", record);
    this.wake();
  }

  async add(record) {
    record.client_id = newId();
    record.created_at = new Date().toISOString();
    // Where it goes, for whoever finds it later without this page.
    Object.assign(record, this.#carrier.address);
    this.#tell("added", record);
    // Kept first, sent second: a reload in between must find it.
    await this.#store.add(record).catch(() => {});
    this.#queue.push(record);
    this.wake();
    sendLater();
  }

  /** A confirmation came, by whichever way. */
  confirm(clientId, seq) {
    this.#waiting.get(clientId)?.resolve(seq);
    const record = this.#queue.find((one) => one.client_id === clientId);
    if (record) this.#settle(record, seq);
  }

  refuse(clientId, reason, retryAfter) {
    const waiting = this.#waiting.get(clientId);
    waiting?.reject(retryAfter ? new Later(retryAfter) : new Refused(reason));
  }

  retry(clientId) {
    const record = this.#queue.find((one) => one.client_id === clientId);
    if (!record) return;
    delete record.refused;
    // What was uploaded long ago and never sent may be gone from the server.
    for (const file of record.files ?? []) if (file.blob) delete file.id;
    this.#tell("changed", record);
    this.wake();
  }

  discard(clientId) {
    const record = this.#queue.find((one) => one.client_id === clientId);
    if (!record) return undefined;
    this.#drop(record);
    this.#tell("removed", record);
    return record;
  }

  lastUnsent() {
    return this.#queue.at(-1);
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
    while ((record = this.#queue.find((one) => !one.refused))) {
      if (!(await this.#attempt(record))) break;
    }
    this.#running = false;
  }

  async #attempt(record) {
    try {
      await this.#carrier.upload(record, () => this.#store.save(record));
      const seq = await this.#send(record);
      this.#settle(record, seq);
      this.#tries = 0;
      return true;
    } catch (error) {
      if (error instanceof Refused) return this.#reject(record, error);
      this.#pause(record, error);
      return false;
    }
  }

  async #send(record) {
    if (!this.#queue.includes(record)) return undefined;
    if (!this.#carrier.ready) return this.#carrier.byPost(record);
    const answer = new Promise((resolve, reject) => this.#waiting.set(record.client_id, { resolve, reject }));
    const late = setTimeout(() => this.#waiting.get(record.client_id)?.reject(new Error("no answer")), ACK_MS);
    try {
      this.#carrier.bySocket(record);
      return await answer;
    } finally {
      clearTimeout(late);
      this.#waiting.delete(record.client_id);
    }
  }

  /** The connection went: whoever waits for an answer on it waits in vain. */
  abandon() {
    for (const { reject } of this.#waiting.values()) reject(new Error("connection lost"));
  }

  #settle(record, seq) {
    if (!this.#queue.includes(record)) return;
    this.#drop(record);
    this.#tell("sent", record, seq);
  }

  #drop(record) {
    this.#queue = this.#queue.filter((one) => one !== record);
    if (record.n !== undefined) this.#store.remove(record).catch(() => {});
  }

  async #reject(record, { message, never }) {
    Object.assign(record, { refused: message, never });
    await this.#store.save(record).catch(() => {});
    this.#tell("changed", record);
    return true;
  }

  #pause(record, error) {
    const wait = error instanceof Later ? error.seconds * 1000 : Math.min(MAX_WAIT_MS, 1000 * 2 ** this.#tries++);
    this.#tell("waiting", record, undefined, error.reason);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#run(), wait);
  }

  #tell(type, record, seq, reason) {
    this.dispatchEvent(new CustomEvent(type, { detail: { record, seq, reason } }));
  }
}

/** A UUID, also on plain http where `crypto.randomUUID` is missing. */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
