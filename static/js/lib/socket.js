import { Heartbeat, isLong, isRefused, isTooMany, pause } from "lib/connection.js";

/* One WebSocket a tab, shared by everything on the page. It reconnects by itself and subscribes again
   from what each subscriber has seen, so a frame lost on the way comes back. */
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
  #heartbeat = new Heartbeat(() => this.send({ type: "ping" }), () => this.#socket?.close());
  #refused = false;

  get state() {
    return this.#state;
  }

  /** Frames of a topic go to `onFrame`; `after()` says up to where they are known. Returns the way out. */
  subscribe(topic, { after = () => null, onFrame }) {
    const key = topicKey(topic);
    const entry = { topic, after, onFrame };
    if (!this.#subscriptions.has(key)) this.#subscriptions.set(key, new Set());
    this.#subscriptions.get(key).add(entry);
    if (this.#state === "online") this.#ask(entry);
    else this.#connect();
    return () => {
      const entries = this.#subscriptions.get(key);
      entries?.delete(entry);
      if (!entries?.size) this.#subscriptions.delete(key);
    };
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
  onState(callback) {
    this.#watchers.add(callback);
    callback(this.#state, { attempt: this.#attempt, wait: 0 });
    return () => this.#watchers.delete(callback);
  }

  /** Every frame, whatever its topic. */
  onFrame(callback) {
    this.#listeners.add(callback);
    return () => this.#listeners.delete(callback);
  }

  retryNow() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#connect();
  }

  #connect() {
    if (this.#refused || this.#timer || this.#socket?.readyState <= WebSocket.OPEN) return;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws/`);
    this.#socket = socket;
    socket.addEventListener("open", () => this.#opened());
    socket.addEventListener("message", (event) => this.#received(event.data));
    socket.addEventListener("close", (event) => this.#socket === socket && this.#closed(event.code));
  }

  #opened() {
    this.#attempt = 0;
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
    if (isRefused(code)) {
      this.#refused = true;
      this.#tell("offline", { refused: true, tooMany: isTooMany(code) });
      return;
    }
    this.#attempt += 1;
    const wait = pause(this.#attempt, code);
    this.#timer = setTimeout(() => this.retryNow(), wait);
    this.#tell(isLong(this.#lostAt) ? "offline" : "reconnecting", { wait });
  }

  #tell(state, detail = {}) {
    this.#state = state;
    for (const watcher of this.#watchers) watcher(state, { attempt: this.#attempt, wait: 0, ...detail });
  }
}

export const socket = new Socket();
window.addEventListener("online", () => socket.retryNow());
