/** Keeps the eye where it was: at the bottom when it is there, on the same line when older lines come in above. */

const NEAR = 60;

export default class Scroll {
  #log;
  #jump;
  #count = 0;
  #stuck = true;

  constructor(log, jump, onBottom) {
    this.#log = log;
    this.#jump = jump;
    log.addEventListener("scroll", () => {
      this.#stuck = this.#distance() < NEAR;
      if (this.#stuck) this.#clear(onBottom);
      else this.#jump.hidden = false;
    }, { passive: true });
    jump.addEventListener("click", () => this.toBottom(true));
    // A keyboard that opens, a picture that loads: both move the bottom away.
    new ResizeObserver(() => this.#stuck && this.toBottom()).observe(log);
    log.addEventListener("load", () => this.#stuck && this.toBottom(), true);
  }

  get stuck() {
    return this.#stuck;
  }

  toBottom(smooth = false) {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#log.scrollTo({ top: this.#log.scrollHeight, behavior: smooth && !calm ? "smooth" : "instant" });
  }

  /** Runs `change`; afterwards the bottom is still the bottom, or the same lines are still in view. */
  keep(change, { added = 0, follow = false } = {}) {
    const stuck = this.#stuck;
    change();
    if (stuck || follow) this.toBottom();
    else if (added) this.#announce(added);
  }

  /** Runs `change`, which adds lines above what is in view. */
  keepBelow(change) {
    const { scrollHeight, scrollTop } = this.#log;
    this.#log.setAttribute("aria-live", "off");
    change();
    this.#log.scrollTop = scrollTop + this.#log.scrollHeight - scrollHeight;
    requestAnimationFrame(() => this.#log.setAttribute("aria-live", "polite"));
  }

  /** Brings a row into view and marks it: for a moment, or as long as it `stays`. */
  show(row, { stays = false } = {}) {
    this.#stuck = false;
    row.scrollIntoView({ block: "center" });
    row.classList.add("found");
    if (!stays) setTimeout(() => row.classList.remove("found"), 2000);
  }

  #distance() {
    return this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight;
  }

  #announce(added) {
    this.#count += added;
    this.#jump.hidden = false;
    const count = this.#jump.querySelector("[data-count]");
    count.hidden = false;
    count.textContent = this.#count > 99 ? "99+" : this.#count;
  }

  #clear(onBottom) {
    this.#count = 0;
    this.#jump.hidden = true;
    this.#jump.querySelector("[data-count]").hidden = true;
    onBottom();
  }
}
