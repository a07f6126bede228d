/** Loads older messages when the top of the log comes into view. */

export default class History {
  #sentinel;
  #load;
  #more;
  #busy = false;

  /** `load(count)` fetches and shows one page and answers whether there is more. */
  constructor(log, sentinel, hasMore, load) {
    this.#sentinel = sentinel;
    this.#load = load;
    this.#more = hasMore;
    sentinel.hidden = !hasMore;
    sentinel.querySelector("[data-again]").addEventListener("click", () => this.load());
    const watch = new IntersectionObserver(([entry]) => entry.isIntersecting && this.load(), { root: log, rootMargin: "300px 0px 0px" });
    // Not before the first scroll to the bottom, or the whole history would come at once.
    requestAnimationFrame(() => requestAnimationFrame(() => watch.observe(sentinel)));
  }

  get more() {
    return this.#more;
  }

  async load(count) {
    if (this.#busy || !this.#more) return;
    this.#busy = true;
    this.#sentinel.classList.remove("older--failed");
    try {
      this.#more = await this.#load(count);
      this.#sentinel.hidden = !this.#more;
    } catch {
      this.#sentinel.classList.add("older--failed");
    } finally {
      this.#busy = false;
    }
  }
}
