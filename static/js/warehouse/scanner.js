import { $, say } from "lib/dom.js";
import { post } from "lib/http.js";
import { counted, refused } from "lib/sound.js";

// A scanner types faster than any hand; what it types ends with Enter.
const NEXT_KEY = 80;
const ENTER_WITHIN = 300;
const SHORTEST = 4;
const FIELDS = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";

/** What a scanner or a camera reads, wherever the focus is: asks the server what it is, and says it aloud. */
export class Scanner {
  #main;
  #done;
  #loud;
  #typed = "";
  #last = 0;
  #turn = Promise.resolve();

  /** `done(answer)` shows what a scan did; `loud()` is whether there should be sounds. */
  constructor(main, { done, loud, signal }) {
    this.#main = main;
    this.#done = done;
    this.#loud = loud;
    this.#form.addEventListener("submit", (event) => this.#submitted(event));
    addEventListener("keydown", (event) => this.#pressed(event), { capture: true, signal });
  }

  get #form() {
    return $("[data-scan]", this.#main);
  }

  /** Whether keys come one after another as no hand presses them. */
  get isReading() {
    return this.#typed.length > 1;
  }

  /** What a text is and what came of it, one after another; null when the line is down. */
  read(text) {
    const answer = this.#turn.then(() => this.#ask(text));
    this.#turn = answer.catch(() => null);
    return this.#turn;
  }

  async #ask(text) {
    const body = new FormData(this.#form);
    body.set("q", text.trim());
    const answer = await post(this.#form.action, body, { headers: { "X-Fragment": "1" } })
      .then((found) => found.json())
      .catch(() => null);
    if (!answer) this.tell(say("网络断开，没有数上，请再扫一次", "No connection, not counted: please scan again"), true);
    else this.tell(answer.text, answer.refused, answer.kind !== "order");
    if (answer) await this.#done(answer);
    return answer;
  }

  /** Says it large, and by a sound: a picker looks at the bag and not at the screen. */
  tell(text, wrong = false, aloud = true) {
    for (const place of document.querySelectorAll("[data-said]")) {
      place.hidden = !text;
      place.textContent = text;
      place.classList.toggle("bad", wrong);
      place.setAttribute("role", wrong ? "alert" : "status");
    }
    if (wrong) navigator.vibrate?.([80, 60, 80]);
    if (this.#loud() && (wrong || (aloud && text))) (wrong ? refused : counted)();
  }

  #submitted(event) {
    event.preventDefault();
    const input = $("[name=q]", this.#form);
    const text = input.value;
    input.value = "";
    if (text.trim()) this.read(text);
  }

  #pressed(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(FIELDS)) return;
    const pause = event.timeStamp - this.#last;
    if (event.key.length === 1) {
      this.#typed = pause < NEXT_KEY ? this.#typed + event.key : event.key;
      this.#last = event.timeStamp;
      // The letters of a code are no commands.
      if (this.isReading) keepToOneself(event);
    } else if (event.key === "Enter" && this.#typed.length >= SHORTEST && pause < ENTER_WITHIN) {
      keepToOneself(event);
      this.read(this.#typed);
      this.#typed = "";
    } else if (event.key !== "Shift") this.#typed = "";
  }
}

function keepToOneself(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}
