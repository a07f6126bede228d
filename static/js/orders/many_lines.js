import { $, $$, el, say } from "lib/dom.js";
import { fieldsOf, isTouched } from "lib/typed.js";

const SHOWN = 5;

/** The lines of a long order: the first few, the rest on request, and those that are looked for. What was changed stays
    in sight. Without this all of them are there. */
export default class ManyLines {
  #lines;
  #more;
  #search;

  constructor(form) {
    this.#search = $("[data-filter-lines]", form);
    if (!this.#search) return;
    this.#lines = $$("[data-line-text]", form);
    this.#search.closest("label").hidden = false;
    this.#more = el("button", { type: "button", className: "btn block" }, say(`显示全部 ${this.#lines.length} 款`, `Show all ${this.#lines.length}`));
    this.#lines.at(-1).after(this.#more);
    this.#more.addEventListener("click", () => this.#show(Infinity));
    this.#search.addEventListener("input", () => this.#show(SHOWN));
    // Enter looks here; it does not send the order.
    this.#search.addEventListener("keydown", (event) => event.key === "Enter" && !event.isComposing && event.preventDefault());
    this.#show(SHOWN);
  }

  #show(most) {
    const words = this.#search.value.trim().toLowerCase();
    const fits = (line) => line.dataset.lineText.toLowerCase().includes(words);
    let left = words ? Infinity : most;
    for (const line of this.#lines) {
      const shown = (fits(line) && left-- > 0) || fieldsOf(line).some(isTouched);
      line.hidden = !shown;
    }
    this.#more.hidden = Boolean(words) || !this.#lines.some((line) => line.hidden);
  }
}
