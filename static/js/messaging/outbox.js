/** Sends what is unsent with the same `client_id` until it is confirmed or refused: words in order, files in order
    beside them, so that a picture on a slow line holds up no word. */

import { sendHere, sendLater } from "messaging/background.js";
import Lane, { Later } from "messaging/lane.js";
import OutboxStore from "messaging/outbox_store.js";

const ACK_MS = 8000;

const hasFiles = (record) => Boolean(record.files?.length);

/** The server understood and said no; `never`: a file that is too large or of another kind stays so. */
export class Refused extends Error {
  constructor(reason, { never = false } = {}) {
    super(reason);
    this.never = never;
  }
}

export default class Outbox extends EventTarget {
  #store;
  #carrier;
  #queue = [];
  #lanes = [false, true].map((files) => new Lane(() => this.#turn(files), (record) => this.#attempt(record)));
  #keeping = new Set();
  #waiting = new Map();
  #uploading = new Map();

  /** `carrier` has `ready`, `address`, `bySocket(record)` and `byPost(record)`, `upload(record, how)`. */
  constructor(owner, carrier, signal) {
    super();
    this.#store = new OutboxStore(owner);
    this.#carrier = carrier;
    addEventListener("online", () => this.wake(), { signal });
    sendHere(owner, () => this.size > 0, signal);
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
    this.#queue.push(record);
    this.#keeping.add(record);
    this.#tell("added", record);
    // Kept first, sent second: a reload in between must find it.
    await this.#store.add(record).catch(() => {});
    this.#keeping.delete(record);
    // Taken back while it was being written down.
    if (!this.#queue.includes(record)) return this.#drop(record);
    this.wake();
    return sendLater();
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
    this.#uploading.get(clientId)?.abort();
    this.#tell("removed", record);
    return record;
  }

  lastUnsent() {
    return this.#queue.at(-1);
  }

  wake() {
    for (const lane of this.#lanes) lane.wake();
  }

  #turn(files) {
    return this.#queue.find((one) => !one.refused && !this.#keeping.has(one) && hasFiles(one) === files);
  }

  /** Answers the error after which its lane is to wait a while. */
  async #attempt(record) {
    try {
      if (hasFiles(record)) await this.#upload(record);
      const seq = await this.#send(record);
      this.#settle(record, seq);
      return null;
    } catch (error) {
      // Taken back meanwhile.
      if (!this.#queue.includes(record)) return null;
      if (error instanceof Refused) return this.#reject(record, error);
      this.#tell("waiting", record, { reason: error.reason });
      return error;
    }
  }

  async #upload(record) {
    const calledOff = new AbortController();
    this.#uploading.set(record.client_id, calledOff);
    try {
      await this.#carrier.upload(record, {
        // What was taken back is not written down again.
        save: async () => this.#queue.includes(record) && this.#store.save(record),
        onProgress: (share) => this.#tell("progress", record, { share }),
        signal: calledOff.signal,
      });
    } finally {
      this.#uploading.delete(record.client_id);
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
    this.#tell("sent", record, { seq });
  }

  #drop(record) {
    this.#queue = this.#queue.filter((one) => one !== record);
    if (record.n !== undefined) this.#store.remove(record).catch(() => {});
  }

  async #reject(record, { message, never }) {
    Object.assign(record, { refused: message, never });
    await this.#store.save(record).catch(() => {});
    this.#tell("changed", record);
    return null;
  }

  #tell(type, record, more) {
    this.dispatchEvent(new CustomEvent(type, { detail: { record, ...more } }));
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
