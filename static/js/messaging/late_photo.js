/** A picture on a page that was still being drawn when the page was made: asked for until it is there. */

import { request } from "lib/http.js";

const ASK_AFTER_MS = [1000, 2000, 4000, 8000, 15000, 30000];

export default class LatePhoto {
  #place;

  constructor(place) {
    this.#place = place;
    this.#ask(0);
  }

  #ask(round) {
    if (round < ASK_AFTER_MS.length) setTimeout(() => this.#look(round), ASK_AFTER_MS[round]);
  }

  async #look(round) {
    const { src, alt, failed } = this.#place.dataset;
    const answer = await request(src).catch(() => null);
    if (answer?.status === 200) {
      const image = Object.assign(new Image(52, 52), { src, alt, className: "thumb thumb--large" });
      this.#place.replaceChildren(image);
    } else if (answer?.status === 404) {
      this.#place.textContent = failed;
    } else if (this.#place.isConnected) {
      this.#ask(round + 1);
    }
  }
}
