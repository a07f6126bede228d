/** Builds what the log shows from the pane's one <template>; every text goes in as text. */

import { inEnglish } from "lib/dom.js";
import { eventIcon } from "lib/kinds.js";
import { fileView } from "messaging/files.js";
import { clock, dayLabel, fullTime } from "messaging/format.js";
import { linked } from "messaging/linked.js";

/** The same colour for a person as the server's `avatar` filter gives. */
const colour = (id) => `avatar--tone-${([...String(id)].reduce((sum, char) => sum + char.charCodeAt(0), 0) % 5) + 1}`;

/** A line or a card's text in the reader's language. */
const inWords = ({ data, body }) => data?.said?.[inEnglish() ? "en" : "zh-hans"] ?? body;

export default class Rows {
  #template;
  #page;

  constructor(template, page) {
    this.#template = template;
    this.#page = page;
  }

  part(name) {
    return this.#template.content.querySelector(`[data-part="${name}"]`).cloneNode(true);
  }

  isMine(message) {
    const { me } = this.#page;
    return message.sender.kind === me.kind && message.sender.id === me.id;
  }

  isOut(message) {
    return (message.sender.kind === "customer") === (this.#page.side === "customer");
  }

  day(iso) {
    const line = this.part("day");
    line.textContent = dayLabel(iso, this.#page.texts);
    return line;
  }

  build(message) {
    if (message.kind === "event") return this.#event(message);
    const row = this.part(message.internal && !message.recalled ? "note" : "message");
    row.querySelector("[data-name]").textContent = message.sender.name;
    this.#time(row, message);
    if (!message.internal) this.#dress(row, message);
    if (message.recalled) return this.#recalled(row, message);
    if (message.data?.card) return this.#card(row, message);
    this.#quote(row, message);
    this.#text(row, message.body);
    this.#files(row, message.attachments ?? []);
    this.#offer(row, message);
    this.#change(row, message);
    return row;
  }

  /** A card's text, until `messaging/cards.js` puts the card itself there. */
  #card(row, message) {
    const place = this.part("card");
    const { card, id } = message.data;
    Object.assign(place.dataset, { card, cardId: id, seq: message.seq });
    place.querySelector("[data-text]").textContent = inWords(message);
    row.classList.add("msg--card");
    row.querySelector("[data-change]")?.remove();
    row.querySelector(".bubble").replaceWith(place);
    return row;
  }

  /** An address in a message is offered as the order's; the form it leads to is still to be sent. */
  #offer(row, message) {
    const link = row.querySelector("[data-offer]");
    if (!link) return;
    const take = row.querySelector("[data-take]");
    const { address } = message.data ?? {};
    const { change, take: takes } = this.#page.urls ?? {};
    const offered = address && change && !this.#page.readonly;
    // What a colleague writes is no word of the customer's: the form says what follows from that.
    if (!offered || (this.#page.side === "shop" && message.sender.kind !== "customer")) take?.remove();
    else take.dataset.take = takes.replace("{seq}", message.seq);
    if (!offered) return link.remove();
    const { name, phone, province, city, district, street } = address;
    const place = [province, city, district].filter((each, at, all) => all.indexOf(each) === at).join("");
    link.querySelector("[data-offer-text]").textContent = [name, phone, place + street].filter(Boolean).join(" ");
    link.href = change.replace("{seq}", message.seq);
  }

  /** Any text can become a request; the form it leads to is filled with what the text says. */
  #change(row, message) {
    const tool = row.querySelector("[data-change]");
    const { change } = this.#page.urls ?? {};
    if (!tool) return;
    if (change && !this.#page.readonly && message.kind === "text" && message.seq) tool.href = change.replace("{seq}", message.seq);
    else tool.remove();
  }

  #event(message) {
    if (message.data?.notice) return this.#notice(message);
    const row = this.part("event");
    row.querySelector("[data-text]").textContent = inWords(message);
    row.querySelector(".icon").classList.replace("i-info", `i-${eventIcon(message.data?.event)}`);
    row.classList.toggle("sys--internal", message.internal);
    this.#time(row, message);
    return row;
  }

  #notice(message) {
    const row = this.part("notice");
    row.classList.toggle("out", this.#page.side === "shop");
    this.#text(row, message.body);
    this.#time(row, message);
    return row;
  }

  #dress(row, message) {
    const out = this.isOut(message);
    row.classList.toggle("out", out);
    const avatar = row.querySelector("[data-avatar]");
    if (out) avatar.remove();
    else {
      avatar.textContent = [...message.sender.name][0] ?? "·";
      avatar.classList.add(colour(message.sender.id));
    }
    row.querySelector(".who").hidden = out && this.isMine(message);
  }

  #time(row, message) {
    const time = row.querySelector("time");
    time.dateTime = message.created_at;
    time.textContent = clock(message.created_at);
    time.title = fullTime(message.created_at);
  }

  #recalled(row, message) {
    const { texts } = this.#page;
    row.classList.add("recalled");
    const mine = this.isMine(message);
    row.querySelector("[data-text]").textContent = mine
      ? texts.recalledByMe : texts.recalled.replace("%s", message.sender.name);
    // Staff keep the record of what was taken back; customers are never sent it.
    if (message.body && this.#page.side === "shop") row.querySelector("[data-text]").title = message.body;
    row.querySelector("[data-quote]").remove();
    for (const part of row.querySelectorAll("[data-offer], [data-take]")) part.remove();
    row.querySelector("[data-tools]")?.remove();
    return row;
  }

  #quote(row, message) {
    const quote = row.querySelector("[data-quote]");
    if (!message.reply_to) return quote.remove();
    quote.dataset.quote = message.reply_to.seq ?? message.reply_to;
    quote.querySelector("span").textContent = this.#page.texts.quoted;
    return quote;
  }

  #text(row, body) {
    const text = row.querySelector("[data-text]");
    text.replaceChildren(...linked(body));
    if (!body) text.remove();
  }

  #files(row, attachments) {
    const place = row.querySelector("[data-files]");
    for (const file of attachments) place.append(...fileView(file, (name) => this.part(name), this.#page.texts));
    if (!attachments.length) place.remove();
    row.classList.toggle("msg--photo", attachments.length > 0 && attachments.every((file) => file.kind === "image"));
  }
}
