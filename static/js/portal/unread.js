/** The number beside 客服: what came in while the customer looks at the progress. */

export default class Unread {
  #badge;
  #count = 0;

  constructor(link, signal) {
    this.#badge = link.querySelector("[data-unread]");
    document.addEventListener("chat:message", ({ detail }) => this.#add(detail.message), { signal });
    document.addEventListener("chat:unread", ({ detail }) => this.#show(detail), { signal });
  }

  #add(message) {
    const hidden = document.querySelector(".v-chat")?.offsetParent === null;
    if (hidden && message.kind !== "event" && message.sender.kind !== "customer") this.#show(this.#count + 1);
  }

  #show(count) {
    this.#count = count;
    this.#badge.hidden = count === 0;
    this.#badge.textContent = count > 99 ? "99+" : count;
  }
}
