import { Heartbeat, OPENS_WITHIN, isLong, isTooMany, isUnknown, pause } from "lib/connection.js";
import { isIdle } from "lib/idle.js";
import { socketPath } from "lib/visitor.js";
import { welcome } from "lib/welcome.js";

/* One WebSocket a tab, shared by everything on the page. It reconnects by itself and subscribes again
   from what each subscriber has seen, so a frame lost on the way comes back. Sent away, it asks why, and comes back
   as soon as the page is welcome again. */
const topicKey = ({ conversation, feed }) => (feed ? `feed:${feed}` : `conversation:${conversation}`);

class Socket {
  #socket = null;
  #subscriptions = new Map();
  #watchers = new Set();
  #listeners = new Set();
  #cursors = new Map();
  #state = "offline";
  #attempt = 0;
  #lostAt = 0;
  #timer = 0;
  #heartbeat = new Heartbeat(() => this.send(isIdle() ? { type: "ping", idle: true } : { type: "ping" }), () => this.#socket?.close());
  #stays = "";

  get state() {
    return this.#state;
  }

  /** Frames of a topic go to `onFrame` until the signal is given up; `after()` says up to where they are known. */
  subscribe(topic, { after = () => null, onFrame }, signal) {
    const key = topicKey(topic);
    const entry = { topic, after, onFrame };
    if (!this.#subscriptions.has(key)) this.#subscriptions.set(key, new Set());
    this.#subscriptions.get(key).add(entry);
    if (this.#state === "online") this.#ask(entry);
    else this.#connect();
    signal.addEventListener("abort", () => {
      const entries = this.#subscriptions.get(key);
      entries?.delete(entry);
      if (!entries?.size) this.#subscriptions.delete(key);
    });
  }

  /** A line also where no topic is followed: what is for this person comes all the same. */
  open() {
    this.#connect();
  }

  /** Asks again for what a topic's subscriber has not seen, after it noticed a gap. */
  resubscribe(topic) {
    for (const entry of this.#subscriptions.get(topicKey(topic)) ?? []) this.#ask(entry);
  }

  /** False when there is no connection: the caller keeps the frame or goes by HTTP. */
  send(frame) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Tells the state now and at each change: online, reconnecting, offline. */
  onState(callback, signal) {
    this.#watchers.add(callback);
    signal.addEventListener("abort", () => this.#watchers.delete(callback));
    callback(this.#state, { attempt: this.#attempt, wait: 0 });
  }

  /** Every frame, whatever its topic. */
  onFrame(callback, signal) {
    this.#listeners.add(callback);
    signal.addEventListener("abort", () => this.#listeners.delete(callback));
  }

  retryNow() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (this.#stays && this.#stays !== "tooMany") return this.#askWhy();
    this.#stays = "";
    return this.#connect();
  }

  /** Somebody looks at the page again, or there is a network: what is waited for is tried now, an open line is asked. */
  lookAgain() {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#heartbeat.ask();
    else if (this.#socket) this.retryNow();
  }

  #connect() {
    if (this.#stays || this.#timer || this.#socket?.readyState <= WebSocket.OPEN) return;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}${socketPath}`);
    this.#socket = socket;
    const late = setTimeout(() => socket.readyState === WebSocket.CONNECTING && socket.close(), OPENS_WITHIN);
    socket.addEventListener("open", () => { clearTimeout(late); this.#opened(); });
    socket.addEventListener("message", (event) => this.#socket === socket && this.#received(event.data));
    socket.addEventListener("close", (event) => { clearTimeout(late); if (this.#socket === socket) this.#closed(event.code); });
  }

  #opened() {
    this.#lostAt = 0;
    this.#tell("online");
    for (const entries of this.#subscriptions.values()) this.#askAgain([...entries]);
    this.#heartbeat.start();
  }

  #ask({ topic, after }, seen = after()) {
    this.send({ type: "subscribe", ...topic, ...(seen === null || seen === undefined ? {} : { after: seen }) });
  }

  /** Once for all who follow a topic, from what the one who knows least has seen; a feed goes on where it was. */
  #askAgain([first, ...others]) {
    const seen = [first, ...others].map((entry) => entry.after()).filter((each) => each !== null && each !== undefined);
    if (this.#cursors.has(first.topic.feed)) seen.push(this.#cursors.get(first.topic.feed));
    this.#ask(first, seen.sort((one, other) => one - other)[0]);
  }

  #received(text) {
    this.#heartbeat.heard();
    this.#attempt = 0;
    const frame = JSON.parse(text);
    if (frame.type === "pong") this.#compare(frame.last_seq ?? {});
    if (frame.feed && frame.cursor) this.#cursors.set(frame.feed, frame.cursor);
    for (const listener of this.#listeners) listener(frame);
    const named = frame.feed || frame.conversation;
    const targets = named ? [this.#subscriptions.get(topicKey(frame)) ?? []] : this.#subscriptions.values();
    for (const entries of targets) for (const entry of [...entries]) entry.onFrame(frame);
  }

  /** The server says how far each conversation is: who has less was told less, and asks again. */
  #compare(newest) {
    for (const [conversation, seq] of Object.entries(newest)) {
      for (const entry of this.#subscriptions.get(topicKey({ conversation })) ?? []) {
        if (seq > (entry.after() ?? 0)) this.#ask(entry);
      }
    }
  }

  #closed(code) {
    this.#heartbeat.stop();
    this.#lostAt ||= Date.now();
    if (isTooMany(code)) this.#stay("tooMany");
    else if (isUnknown(code)) this.#askWhy();
    else this.#comeBack(code);
  }

  /** Sent away: the session may have a new key only, or the page may show its link again. */
  async #askWhy() {
    const why = await welcome().catch(() => "");
    if (why && why !== "yes") return this.#stay(why);
    this.#stays = "";
    return this.#comeBack();
  }

  /** Nothing to be tried by ourselves, until somebody looks at the page again. */
  #stay(why) {
    this.#stays = why;
    this.#tell("offline", { refused: true, why });
  }

  #comeBack(code) {
    clearTimeout(this.#timer);
    this.#attempt += 1;
    const wait = pause(this.#attempt, code);
    this.#timer = setTimeout(() => { this.#timer = 0; this.#connect(); }, wait);
    this.#tell(isLong(this.#lostAt) ? "offline" : "reconnecting", { wait });
  }

  #tell(state, detail = {}) {
    this.#state = state;
    for (const watcher of this.#watchers) watcher(state, { attempt: this.#attempt, wait: 0, ...detail });
  }
}

export const socket = new Socket();
window.addEventListener("online", () => socket.lookAgain());
window.addEventListener("pageshow", (event) => event.persisted && socket.lookAgain());
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && socket.lookAgain());
