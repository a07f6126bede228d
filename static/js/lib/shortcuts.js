import { $ } from "lib/dom.js";

const typing = (target) =>
  target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName) || (target.tagName === "INPUT" && !/^(checkbox|radio|button|submit)$/.test(target.type));

/** Single keys of the desk: an element says which key is its own by `data-key="g"`. */
export default class Shortcuts {
  #enabled;

  constructor(body) {
    this.#enabled = body.dataset.singleKeys !== "off";
    document.addEventListener("keydown", (event) => this.#pressed(event));
  }

  #pressed(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && typing(event.target)) return event.target.blur();
    if (typing(event.target) || $("dialog[open]")) return;
    if (event.key === "?") return this.#help(event);
    if (!this.#enabled) return;
    const target = this.#find(event.key.toLowerCase());
    if (!target) return;
    event.preventDefault();
    if (target.matches("input:not([type=checkbox]), textarea")) target.focus();
    else target.click();
  }

  #find(key) {
    const found = document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`);
    return [...found].find((element) => element.checkVisibility?.() ?? true);
  }

  #help(event) {
    event.preventDefault();
    document.getElementById("shortcuts")?.showModal();
  }
}
