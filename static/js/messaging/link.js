/** The pane's line to the server: the shared socket, and HTTP while that is down. */

import { post, request } from "lib/http.js";
import { socket } from "lib/socket.js";
import { pageVisitor } from "lib/visitor.js";
import { readAnswer, upload } from "messaging/uploads.js";

export default class Link {
  #page;
  #on;
  #last;
  #catching = false;
  ready = false;

  /** `on`: message, ack, refused, read, recalled, typing, presence, attachment, card, up, down, denied, posted. */
  constructor(page, last, on) {
    this.#page = page;
    this.#last = last;
    this.#on = on;
  }

  get address() {
    const { conversation, urls } = this.#page;
    return { conversation, visitor: pageVisitor, urls: { messages: urls.messages, attachments: urls.attachments } };
  }

  get #topic() {
    return { conversation: this.#page.conversation };
  }

  /** Is at the line until the signal is given up. */
  start(signal) {
    socket.subscribe(this.#topic, { after: () => this.#last, onFrame: (frame) => this.#frame(frame) }, signal);
    socket.onState((state, detail) => this.#state(state, detail), signal);
  }

  reconnect() {
    socket.retryNow();
  }

  bySocket(record) {
    const { client_id, kind, body, attachments = [], reply_to, internal = false } = record;
    const frame = { type: "message.send", conversation: this.#page.conversation, client_id, kind, body, attachments, internal };
    if (reply_to) frame.reply_to = reply_to;
    if (!socket.send(frame)) throw new Error("not connected");
  }

  async byPost(record) {
    const { client_id, kind, body, attachments = [], reply_to = null, internal = false } = record;
    const response = await post(
      this.#page.urls.messages,
      { client_id, kind, body, attachments, reply_to, internal },
      { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(10000) },
    );
    const message = await readAnswer(response, this.#page.texts);
    this.#on.posted(message);
    return message.seq;
  }

  upload(record, how) {
    return upload(record, this.#page, how);
  }

  async older(before, limit = 50) {
    const url = `${this.#page.urls.messages}?before=${before}&limit=${limit}`;
    const response = await request(url, { headers: { Accept: "application/json" } });
    const answer = await readAnswer(response, this.#page.texts);
    const messages = answer.results ?? answer.messages ?? answer;
    return [...messages].sort((one, other) => one.seq - other.seq);
  }

  /** One message as it is now, null when it is gone. */
  async one(seq) {
    const url = `${this.#page.urls.messages}?after=${seq - 1}&limit=1`;
    const response = await request(url, { headers: { Accept: "application/json" } });
    const [message] = (await readAnswer(response, this.#page.texts)).results;
    return message?.seq === seq ? message : null;
  }

  read(seq) {
    this.#signal({ type: "message.read", seq });
    document.dispatchEvent(new CustomEvent("chat:read"));
  }

  recall(seq) {
    return this.#signal({ type: "message.recall", seq });
  }

  typing(active) {
    this.#signal({ type: "typing", active });
  }

  #signal(frame) {
    if (this.ready) socket.send({ ...frame, conversation: this.#page.conversation });
    return this.ready;
  }

  /** Something between what we have and what came is missing: ask again from what we have. */
  #resync() {
    if (this.#catching) return;
    this.#catching = true;
    socket.resubscribe(this.#topic);
  }

  #state(state, detail) {
    this.ready = state === "online";
    if (this.ready) return;
    // A subscription is asked for anew as soon as there is a connection.
    this.#catching = true;
    this.#on.down(detail);
  }

  #frame(frame) {
    const handler = {
      "subscribed": () => this.#subscribed(frame),
      "message.new": () => this.#message(frame.message),
      "message.ack": () => this.#on.ack(frame.client_id, frame.seq),
      "message.read": () => this.#on.read(frame),
      "message.recalled": () => this.#on.recalled(frame),
      "typing": () => this.#on.typing(frame),
      "presence": () => this.#on.presence(frame),
      "attachment.changed": () => this.#on.attachment(frame),
      "card.changed": () => this.#on.card(frame),
      "error": () => this.#error(frame),
    }[frame.type];
    handler?.();
  }

  #subscribed(frame) {
    this.#catching = false;
    this.#on.up(Math.max(0, (frame.last_seq ?? 0) - this.#last));
  }

  #message(message) {
    if (message.prev > this.#last) return this.#resync();
    this.#last = Math.max(this.#last, message.seq);
    return this.#on.message(message);
  }

  #error(frame) {
    if (frame.client_id) this.#on.refused(frame);
    else if (["forbidden", "not_found"].includes(frame.code)) this.#on.denied(frame);
  }
}
