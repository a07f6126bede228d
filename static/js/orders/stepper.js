/** A number with a button on either side; without this it is still a number field. */

export default class Stepper {
  #field;
  #less;
  #more;

  constructor(root) {
    this.#field = root.querySelector("input");
    this.#less = root.querySelector("[data-less]");
    this.#more = root.querySelector("[data-more]");
    this.#less.addEventListener("click", () => this.#step(-1));
    this.#more.addEventListener("click", () => this.#step(1));
    this.#field.addEventListener("input", () => this.#limit());
    this.#limit();
  }

  #step(by) {
    this.#field.value = Math.min(Math.max((Number(this.#field.value) || 0) + by, this.#min), this.#max);
    this.#field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  get #min() {
    return Number(this.#field.min || 0);
  }

  get #max() {
    return Number(this.#field.max || Infinity);
  }

  #limit() {
    this.#less.disabled = Number(this.#field.value) <= this.#min;
    this.#more.disabled = Number(this.#field.value) >= this.#max;
  }
}
