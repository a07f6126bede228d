/** The chat pane: puts its parts together. Each part knows one thing; only this file knows them all. */

import Cards from "messaging/cards.js";
import Composer from "messaging/composer.js";
import EmojiPicker from "messaging/emoji.js";
import { givenMessages } from "messaging/given.js";
import History from "messaging/history.js";
import Lightbox from "messaging/lightbox.js";
import LatePictures from "messaging/late_pictures.js";
import Link from "messaging/link.js";
import NetBanner from "messaging/net_banner.js";
import Outbox from "messaging/outbox.js";
import Receipts from "messaging/receipts.js";
import * as rowTools from "messaging/row_tools.js";
import Rows from "messaging/rows.js";
import Scroll from "messaging/scroll.js";
import { Presence, TypingLine, TypingSender } from "messaging/signals.js";
import Timeline from "messaging/timeline.js";
import Tray from "messaging/tray.js";
import Unsent from "messaging/unsent.js";
import * as uploads from "messaging/uploads.js";

// As many as the server gives at once: for a message of long ago.
const MOST_AT_ONCE = 200;

export default class Pane {
  #root;
  #signal;
  #page;
  #rows;
  #timeline;
  #scroll;
  #receipts;
  #cards;
  #history;
  #link;
  #latePictures;
  #outbox;
  #unsent;
  #banner;
  #typing;
  #typingLine;
  #presence;
  #composer;
  #tray;
  #wasAway = false;

  constructor(root, signal) {
    this.#root = root;
    this.#signal = signal;
    this.#page = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
    this.#showHistory();
    if (this.#page.readonly) return;
    this.#connect();
    this.#compose();
    this.#start();
  }

  #find(name) {
    return this.#root.querySelector(`[data-${name}]`);
  }

  #showHistory() {
    const page = this.#page;
    const messages = givenMessages(page);
    const log = this.#find("log");
    this.#rows = new Rows(this.#find("rows"), page);
    this.#timeline = new Timeline(this.#find("list"), this.#rows, page.readonly ? null : page.my_read);
    this.#receipts = new Receipts(page, this.#rows, this.#timeline);
    this.#scroll = new Scroll(log, this.#find("jump"), () => this.#reportRead());
    this.#timeline.put(messages);
    this.#receipts.render();
    this.#find("empty").hidden = messages.length > 0;
    this.#scroll.toBottom();
    this.#cards = new Cards(log, page, (change) => this.#scroll.keep(change));
    new Lightbox(this.#find("lightbox"), log);
    this.#link = new Link(page, this.#timeline.last, this.#handlers());
    this.#latePictures = new LatePictures((seq) => this.#link.one(seq), (message) => this.#showAgain(message));
    this.#latePictures.watch(messages);
    this.#history = new History(log, this.#find("older"), page.has_older, (count) => this.#older(count));
    if (page.jump_to) this.#jumpTo(page.jump_to, { stays: true });
  }

  #connect() {
    const { texts, me, conversation } = this.#page;
    this.#unsent = new Unsent(this.#find("unsent"), this.#rows, this.#page);
    this.#outbox = new Outbox(`${me.kind}:${me.id}:${conversation}`, this.#link, this.#signal);
    this.#banner = new NetBanner(this.#find("netbar"), texts, {
      unsent: () => this.#outbox.size, reconnect: () => this.#link.reconnect(), signal: this.#signal,
    });
    this.#typingLine = new TypingLine(this.#find("typing"), texts.typing);
    this.#presence = new Presence(this.#root, texts);
    this.#typing = new TypingSender((active) => this.#link.typing(active));
    this.#outbox.addEventListener("added", ({ detail }) => this.#showUnsent(detail.record));
    this.#outbox.addEventListener("changed", ({ detail }) => this.#showUnsent(detail.record));
    this.#outbox.addEventListener("waiting", ({ detail }) => this.#unsent.waiting(detail.record, detail.reason));
    this.#outbox.addEventListener("progress", ({ detail }) => this.#unsent.progress(detail.record, detail.share));
    this.#outbox.addEventListener("removed", ({ detail }) => this.#unsent.remove(detail.record.client_id));
    this.#outbox.addEventListener("sent", ({ detail }) => this.#sent(detail.record, detail.seq));
  }

  #compose() {
    const { me, conversation, urls } = this.#page;
    const form = this.#find("composer");
    this.#composer = new Composer(form, `draft:${me.kind}:${me.id}:${conversation}`, {
      onSend: (draft) => this.#send(draft),
      hasMore: () => this.#tray.size > 0,
      onTyping: (active) => this.#typing.set(active && !this.#composer?.internal),
      onEditLast: () => this.#editLast(),
    });
    this.#tray = new Tray(this.#find("tray"), this.#find("tray-item"));
    uploads.listen(this.#root, {
      onChosen: (files) => this.#sendFiles(files),
      onGiven: (files) => { this.#tray.add(files); form.querySelector("textarea").focus(); },
    });
    new EmojiPicker(this.#find("emoji"), this.#find("emoji-button"), {
      url: urls.emoji, pick: (char) => this.#composer.insert(char), signal: this.#signal,
    });
    rowTools.listen(this.#find("log"), {
      timeline: this.#timeline, rows: this.#rows, recallWithin: this.#page.recall_within,
      failed: this.#page.texts.failed,
      onReply: ({ seq, sender, body }) => this.#composer.replyTo(seq, sender.name, body || this.#page.texts.image),
      onRecall: ({ seq }) => this.#link.recall(seq),
      onQuote: (seq) => this.#jumpTo(seq),
    });
  }

  #start() {
    this.#find("unsent").addEventListener("click", (event) => {
      const clientId = event.target.closest("[data-client]")?.dataset.client;
      if (event.target.closest("[data-retry]")) this.#outbox.retry(clientId);
      if (event.target.closest("[data-discard]")) this.#outbox.discard(clientId);
    });
    document.addEventListener("visibilitychange", () => this.#reportRead(), { signal: this.#signal });
    this.#link.start(this.#signal);
    this.#outbox.restore();
  }

  #handlers() {
    return {
      message: (message) => this.#arrived(message),
      posted: (message) => this.#arrived(message),
      ack: (clientId, seq) => this.#outbox.confirm(clientId, seq),
      refused: ({ client_id, code, detail, retry_after }) => {
        // The server could not just now: that is no verdict on the message.
        const later = retry_after ?? (["unavailable", "rate_limited"].includes(code) ? 2 : 0);
        this.#outbox.refuse(client_id, detail ?? this.#page.texts.refused, later);
      },
      read: (frame) => this.#peerRead(frame),
      recalled: (frame) => this.#recalled(frame),
      typing: (frame) => this.#othersTyping(frame),
      presence: (frame) => this.#present(frame),
      attachment: (frame) => this.#attachmentChanged(frame),
      card: (frame) => this.#cards.refresh(frame),
      up: (missed) => this.#up(missed),
      down: (detail) => this.#down(detail),
      denied: ({ detail }) => this.#banner.denied(detail ?? this.#page.texts.denied),
    };
  }

  #arrived(message) {
    const mine = this.#rows.isMine(message);
    this.#timeline.unreadFrom(this.#isSeen ? null : this.#receipts.mine);
    this.#scroll.keep(() => {
      if (mine) this.#unsent.remove(message.client_id);
      this.#timeline.put([message]);
      this.#receipts.render();
      this.#find("empty").hidden = true;
    }, { added: mine || message.kind === "event" ? 0 : 1 });
    if (mine) this.#outbox.confirm(message.client_id, message.seq);
    else this.#typingLine.set(`${message.sender.kind}${message.sender.id}`, "", false);
    this.#latePictures.watch([message]);
    this.#reportRead();
    document.dispatchEvent(new CustomEvent("chat:message", { detail: { conversation: this.#page.conversation, message } }));
  }

  #showUnsent(record) {
    if (this.#timeline.findLast((message) => message.client_id === record.client_id && this.#rows.isMine(message))) {
      this.#outbox.confirm(record.client_id);
      return;
    }
    this.#scroll.keep(() => { this.#unsent.show(record); this.#find("empty").hidden = true; }, { follow: true });
  }

  #sent(record, seq) {
    if (this.#timeline.get(seq)) this.#unsent.remove(record.client_id);
    else this.#unsent.delivered(record, seq);
  }

  /** A message that looks otherwise now: recalled, or its picture has come. */
  #showAgain(message) {
    if (!this.#timeline.get(message.seq)) return;
    this.#scroll.keep(() => {
      this.#timeline.put([message]);
      this.#receipts.render();
    });
  }

  #attachmentChanged({ seq, attachment }) {
    const message = this.#timeline.get(seq)?.message;
    if (message && !message.recalled) this.#latePictures.changed(message, attachment);
  }

  #recalled({ seq, message }) {
    if (!this.#timeline.get(seq)) return;
    this.#showAgain(message);
    document.dispatchEvent(new CustomEvent("chat:up"));
  }

  #peerRead(frame) {
    const customer = frame.reader.kind === "customer";
    if (customer === (this.#page.side === "shop")) this.#receipts.seen(frame.seq);
  }

  #othersTyping(frame) {
    const { kind, id, name } = frame.sender;
    if (kind !== this.#page.me.kind || id !== this.#page.me.id) this.#typingLine.set(`${kind}${id}`, name, frame.active);
  }

  /** For a customer: whether anybody of the shop is there, not whether somebody looks at just this conversation. */
  #present({ who = [], shop }) {
    if (this.#page.side !== "shop") this.#presence.set(shop === true);
    else this.#presence.set(who.some((one) => one.kind === "customer" && one.online));
  }

  #down(detail) {
    delete this.#root.dataset.connected;
    this.#wasAway = true;
    this.#typingLine.clear();
    this.#outbox.abandon();
    this.#banner.down(detail);
  }

  #up(missed) {
    this.#root.dataset.connected = "";
    this.#banner.up(missed);
    this.#outbox.wake();
    this.#cards.refresh();
    this.#reportRead();
    if (this.#wasAway) this.#renew();
    document.dispatchEvent(new CustomEvent("chat:up"));
  }

  /** What was taken back while the line was down is in no frame. */
  async #renew() {
    this.#wasAway = false;
    const newest = await this.#link.older(this.#timeline.last + 1).catch(() => []);
    for (const message of newest) {
      const shown = this.#timeline.get(message.seq)?.message;
      if (message.recalled && shown && !shown.recalled) this.#showAgain(message);
    }
  }

  /** Whether the reader has the newest message before their eyes. */
  get #isSeen() {
    return document.visibilityState === "visible" && this.#scroll.stuck && this.#root.offsetParent !== null;
  }

  #reportRead() {
    if (!this.#isSeen || !this.#link.ready) return;
    const seq = this.#receipts.toReport();
    if (seq) this.#link.read(seq);
  }

  async #older(count) {
    const messages = await this.#link.older(this.#timeline.first, count);
    this.#scroll.keepBelow(() => this.#timeline.put(messages));
    this.#latePictures.watch(messages);
    return messages.length > 0 && messages[0].prev > 0;
  }

  async #jumpTo(seq, options) {
    let first = Infinity;
    // Pages that bring nothing more, because the line is gone, end it.
    while (!this.#timeline.get(seq) && this.#history.more && this.#timeline.first < first) {
      first = this.#timeline.first;
      await this.#history.load(MOST_AT_ONCE);
    }
    const entry = this.#timeline.get(seq);
    if (entry) this.#scroll.show(entry.row, options);
  }

  /** What was pasted goes first: the words are mostly about it. */
  #send(draft) {
    this.#sendFiles(this.#tray.take());
    if (draft.body) this.#outbox.add({ kind: "text", ...draft });
  }

  #sendFiles(files) {
    const base = { internal: this.#composer.internal, reply_to: null };
    for (const record of uploads.records(files, base)) this.#outbox.add(record);
  }

  #editLast() {
    const last = this.#outbox.lastUnsent();
    return last?.kind === "text" ? this.#outbox.discard(last.client_id).body : "";
  }
}
