import { $, debounce, parse, say } from "lib/dom.js";
import { request } from "lib/http.js";

const PAUSE = 200;

/** Whether a field is not as the page came with it; a checkbox has a value whatever it says. */
function isTouched(field) {
  if (field.type === "checkbox") return field.checked !== field.defaultChecked;
  return field.defaultValue !== undefined && field.value !== field.defaultValue;
}

/**
 * The price beside a form, as the server computes it from what is typed: asked again after each pause.
 *
 * The form names the fields that a price depends on in data-prices; its [data-price-place] shows the answer. What is sent
 * while an answer is still on its way waits for it: nobody sends a form with a price they have not seen.
 */
export default class LivePrice {
  #form;
  #place;
  #asked = 0;
  #shown = 0;
  #later = debounce(() => this.#ask(), PAUSE);

  constructor(form) {
    this.#form = form;
    this.#place = $("[data-price-place]", form);
    form.addEventListener("input", (event) => this.#typed(event.target));
    form.addEventListener("price:ask", () => this.#stale());
    form.addEventListener("submit", (event) => this.#sent(event));
    // What was typed while this was still on its way counts, too; a price that came with the page is there already.
    const typed = [...form.elements].some((each) => this.#counts(each) && isTouched(each));
    if (typed || !$("[name=shown]", form)) this.#stale();
  }

  #typed(field) {
    if (this.#counts(field)) this.#stale();
  }

  #counts(field) {
    const names = this.#form.dataset.prices.split(" ");
    return names.some((name) => field.name === name || field.name?.startsWith(`${name}-`));
  }

  /** What is shown is of an older form. */
  #stale() {
    this.#asked += 1;
    this.#busy(true);
    this.#later();
  }

  async #ask() {
    const asked = this.#asked;
    const body = new FormData(this.#form);
    const answer = await request(location.href, { method: "POST", body, headers: { "X-Fragment": "price" } }).catch(
      () => null,
    );
    if (asked !== this.#asked) return;
    // Without an answer the form may go all the same: the server compares, and shows it when it is another.
    this.#shown = asked;
    if (!answer?.ok) return this.#told(say("价格没有算出来，提交时会再算", "No price yet: it is computed when you send"));
    this.#place.replaceChildren(parse(await answer.text()));
    this.#busy(false);
    this.#form.dispatchEvent(new CustomEvent("price:shown"));
  }

  #sent(event) {
    // Another button of the form may have been pressed, which sends something else.
    if (event.submitter?.formNoValidate || this.#shown === this.#asked || !$("[data-price-shown] .qlines", this.#form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.#told(say("价格刚刚更新，请核对后再提交", "The price has just changed: please look, then send"));
    this.#ask();
  }

  #busy(on) {
    this.#told(on ? say("计算中…", "Computing…") : "");
  }

  #told(text) {
    const note = $("[data-price-busy]", this.#form);
    if (note) note.textContent = text;
  }
}
