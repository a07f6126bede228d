/** Fills the fields of an address from one pasted text, which the server reads. Nothing is sent by it. */

import { $, debounce } from "lib/dom.js";
import { post } from "lib/http.js";

export default class Paste {
  #form;
  #text;
  #fields;
  #asked = 0;

  constructor(form) {
    this.#form = form;
    this.#text = form.elements.pasted;
    this.#fields = document.getElementById(form.dataset.fills);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#read();
    });
    this.#text.addEventListener("input", debounce(() => this.#isLong() && this.#read(), 400));
    // On a slow line somebody pastes before this is here.
    if (this.#isLong() && this.#areUntouched()) this.#read();
  }

  #isLong() {
    return this.#text.value.trim().length > 6;
  }

  /** Whether the fields are as the server wrote them: a page that was loaded again keeps what was typed. */
  #areUntouched() {
    return [...this.#fields.elements].every((field) => field.value === (field.defaultValue ?? field.value));
  }

  async #read() {
    const mine = ++this.#asked;
    const body = new URLSearchParams({ pasted: this.#text.value });
    const answer = await post(location.href, body, { headers: { Accept: "application/json" } }).catch(() => null);
    const read = await answer?.json().catch(() => null);
    // Somebody who goes on typing has asked again meanwhile.
    if (mine !== this.#asked || !read) return;
    $("[data-told]", this.#fields).textContent = read.told;
    for (const [name, value] of Object.entries(read.address)) {
      // A district that is not named is none; a name that is not given stays whose it was.
      if (value || name === "district") this.#fields.elements[name].value = value;
    }
  }
}
