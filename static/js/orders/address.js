/** An address being typed: fills its fields from one pasted text, which the server reads. Nothing is sent by it. */

import { $, debounce } from "lib/dom.js";
import { post } from "lib/http.js";

// Shorter texts hold no address.
const SHORTEST = 7;

export default class Address {
  #root;
  #text;
  #asked = 0;

  constructor(root) {
    this.#root = root;
    this.#text = $("[data-pasted]", root);
    const button = $("[data-read]", root);
    button.hidden = false;
    button.addEventListener("click", () => this.#read());
    this.#text.addEventListener("input", debounce(() => this.#isLong() && this.#read(), 400));
    // On a slow line somebody pastes before this is here.
    if (this.#isLong() && this.#areUntouched()) this.#read();
  }

  #isLong() {
    return this.#text.value.trim().length >= SHORTEST;
  }

  #field(part) {
    return $(`[data-part="${CSS.escape(part)}"]`, this.#root);
  }

  /** Whether the fields are as the server wrote them: a page that was loaded again keeps what was typed. */
  #areUntouched() {
    const fields = [...this.#root.querySelectorAll("[data-part]")];
    return fields.every((field) => field.value === field.defaultValue);
  }

  async #read() {
    const mine = ++this.#asked;
    const body = new URLSearchParams({ pasted: this.#text.value });
    const answer = await post(this.#root.dataset.reads, body).catch(() => null);
    const read = answer?.ok ? await answer.json().catch(() => null) : null;
    // Somebody who goes on typing has asked again meanwhile.
    if (mine !== this.#asked || !read) return;
    $("[data-told]", this.#root).textContent = read.told;
    for (const [part, value] of Object.entries(read.address)) {
      const field = this.#field(part);
      // A district that is not named is none; a name that is not given stays whose it was.
      if (!field || !(value || (part === "district" && read.address.province))) continue;
      field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
}
