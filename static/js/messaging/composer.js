/** The box one writes in: Enter sends, Shift+Enter breaks the line, a draft for each conversation is kept. */

import { say } from "lib/dom.js";

export default class Composer {
  #form;
  #input;
  #words;
  #draftKey;
  #internal = false;
  #reply = null;
  #composing = false;
  #events;

  /** `events`: onSend({body, internal, reply_to}), hasMore() than words to send, onTyping(active), onEditLast() → text. */
  constructor(form, draftKey, events) {
    this.#form = form;
    this.#input = form.querySelector("textarea");
    this.#words = this.#input.placeholder;
    this.#draftKey = draftKey;
    this.#events = events;
    this.#restore();
    this.#takeOver();
    form.addEventListener("submit", (event) => { event.preventDefault(); this.#send(); });
    form.addEventListener("click", (event) => this.#click(event));
    this.#listen(this.#input);
  }

  get internal() {
    return this.#internal;
  }

  get reply() {
    return this.#reply;
  }

  insert(text) {
    this.#input.setRangeText(text, this.#input.selectionStart, this.#input.selectionEnd, "end");
    this.#changed();
    this.#input.focus();
  }

  replyTo(seq, name, text) {
    this.#reply = seq;
    const bar = this.#form.querySelector("[data-reply-bar]");
    bar.hidden = false;
    bar.querySelector("[data-reply-text]").textContent = name + say("：", ": ") + text;
    this.#input.focus();
  }

  clearReply() {
    this.#reply = null;
    this.#form.querySelector("[data-reply-bar]").hidden = true;
  }

  setInternal(internal) {
    this.#internal = internal;
    this.#form.classList.toggle("noting", internal);
    for (const radio of this.#form.querySelectorAll("[data-mode]")) {
      const on = (radio.dataset.mode === "note") === internal;
      radio.setAttribute("aria-checked", on);
      radio.tabIndex = on ? 0 : -1;
    }
    const label = this.#form.querySelector("[data-send-label]");
    if (label) label.textContent = internal ? label.dataset.note : label.dataset.reply;
    this.#input.placeholder = internal ? this.#input.dataset.note : this.#words;
  }

  #listen(input) {
    input.addEventListener("compositionstart", () => { this.#composing = true; });
    // Safari ends the composition before the keydown of the Enter that ended it.
    input.addEventListener("compositionend", () => setTimeout(() => { this.#composing = false; }));
    input.addEventListener("keydown", (event) => this.#key(event));
    input.addEventListener("input", () => { this.#changed(); this.#events.onTyping(input.value !== ""); });
    input.addEventListener("blur", () => this.#events.onTyping(false));
    this.#form.addEventListener("keydown", (event) => this.#modeKey(event));
  }

  #key(event) {
    if (event.isComposing || event.keyCode === 229 || this.#composing) return;
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      this.#send();
    } else if (event.key === "ArrowUp" && !this.#input.value) {
      const text = this.#events.onEditLast();
      if (text) { event.preventDefault(); this.insert(text); }
    } else if (event.key === "Escape" && this.#reply) {
      event.stopPropagation();
      this.clearReply();
    }
  }

  #modeKey(event) {
    if (!this.#form.querySelector("[data-mode]")) return;
    const toggles = event.ctrlKey && event.shiftKey && event.code === "KeyN";
    const arrows = event.target.dataset.mode && ["ArrowLeft", "ArrowRight"].includes(event.key);
    if (!toggles && !arrows) return;
    event.preventDefault();
    this.setInternal(!this.#internal);
    if (arrows) this.#form.querySelector('[data-mode][aria-checked="true"]').focus();
  }

  #click(event) {
    const mode = event.target.closest("[data-mode]");
    if (mode) { this.setInternal(mode.dataset.mode === "note"); this.#input.focus(); }
    if (event.target.closest("[data-reply-cancel]")) this.clearReply();
  }

  #send() {
    const body = this.#input.value.trim();
    if (!body && !this.#events.hasMore()) return;
    this.#events.onSend({ body, internal: this.#internal, reply_to: this.#reply });
    this.#input.value = "";
    this.clearReply();
    this.#changed();
    this.#events.onTyping(false);
    this.#input.focus();
  }

  #changed() {
    this.#grow();
    try {
      if (this.#input.value) localStorage.setItem(this.#draftKey, this.#input.value);
      else localStorage.removeItem(this.#draftKey);
    } catch { /* no storage: the draft lives as long as the page */ }
  }

  #grow() {
    const lines = this.#input.value.split("\n").length;
    const wide = Math.max(18, Math.floor(this.#input.clientWidth / 15));
    this.#input.rows = Math.min(8, Math.max(Number(this.#input.dataset.minRows), lines, Math.ceil(this.#input.value.length / wide)));
  }

  /** From now on it can be said who is to read it. */
  #takeOver() {
    for (const button of this.#form.querySelectorAll("[data-waits]")) button.disabled = false;
    if (this.#form.querySelector("[data-send-label]")) this.setInternal(false);
  }

  #restore() {
    try {
      this.#input.value ||= localStorage.getItem(this.#draftKey) ?? "";
    } catch { return; }
    if (this.#input.value) this.#grow();
  }
}
