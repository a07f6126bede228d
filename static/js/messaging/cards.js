/** Cards in the log: each is fetched as the server renders it for this reader, and again whenever it has changed. */

import { parse } from "lib/dom.js";
import { fragment, request } from "lib/http.js";
import { mountAll } from "lib/modules.js";
import { keepTyped, spelled } from "lib/typed.js";

export default class Cards {
  #log;
  #page;
  #keep;
  #answers = new WeakMap();

  /** `keep` runs a change of the log so that the reader's place in it stays where it was. */
  constructor(log, page, keep) {
    this.#log = log;
    this.#page = page;
    this.#keep = keep;
    log.addEventListener("submit", (event) => this.#submit(event));
    new MutationObserver((changes) => this.#watch(changes)).observe(log, { childList: true, subtree: true });
    this.refresh();
  }

  /** Fetches all cards again, or those that show one thing. */
  refresh({ card, id } = {}) {
    const wanted = card ? `[data-card="${CSS.escape(card)}"][data-card-id="${CSS.escape(id)}"]` : "[data-card]";
    for (const place of this.#log.querySelectorAll(wanted)) this.#load(place);
  }

  #watch(changes) {
    const added = changes.flatMap((change) => [...change.addedNodes]).filter((node) => node instanceof Element);
    for (const node of added) {
      for (const place of node.querySelectorAll("[data-card]")) if (!place.dataset.loaded) this.#load(place);
    }
  }

  async #load(place) {
    place.dataset.loaded = "asked";
    const answer = this.#answers.get(place);
    const html = await fragment(this.#url(place)).catch(() => null);
    // Without an answer the card's text stays; coming back online asks again.
    await spelled();
    // The answer to the reader's own tap came meanwhile: it is not newer than that, and would take a refusal away.
    if (answer !== this.#answers.get(place)) return void (place.dataset.loaded = "shown");
    if (html !== null) this.#show(place, html, keepTyped(place));
  }

  #url(place, action = "") {
    return `${this.#page.urls.cards}${place.dataset.seq}/${action}`;
  }

  /** `putBack` is for a card that others have changed: nobody's half-written answer is taken away. */
  #show(place, html, putBack = () => {}) {
    this.#keep(() => {
      place.replaceChildren(parse(html));
      putBack(place);
    });
    place.dataset.loaded = "shown";
    if (this.#page.readonly) for (const form of place.querySelectorAll("form")) form.remove();
    mountAll(place);
  }

  async #submit(event) {
    const place = event.target.closest("[data-card]");
    if (!place || place.getAttribute("aria-busy")) return;
    event.preventDefault();
    const { submitter, target } = event;
    const body = new FormData(target, submitter);
    const action = submitter?.dataset.do ?? target.dataset.do;
    place.setAttribute("aria-busy", "true");
    try {
      const answer = await request(this.#url(place, `${action}/`), { method: "POST", body });
      if (answer.headers.get("Content-Type")?.startsWith("text/html") && answer.status < 500) {
        document.activeElement?.blur?.();
        this.#answers.set(place, answer);
        this.#show(place, await answer.text());
      }
    } catch {
      this.#complain(place);
    } finally {
      place.removeAttribute("aria-busy");
    }
  }

  #complain(place) {
    const said = place.querySelector("[data-card-offline]") ?? document.createElement("p");
    said.className = "banner danger";
    said.dataset.cardOffline = "";
    said.setAttribute("role", "alert");
    said.textContent = this.#page.texts.failed;
    this.#keep(() => place.firstElementChild?.append(said));
  }
}
