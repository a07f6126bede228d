import { $ } from "lib/dom.js";

const typing = (target) =>
  target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName) || (target.tagName === "INPUT" && !/^(checkbox|radio|button|submit)$/.test(target.type));

/** What a single key presses or goes to on this page now; undefined when nothing in sight has it. */
export function ownerOf(key) {
  const found = document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`);
  return [...found].find((element) => element.checkVisibility?.() ?? true);
}

/** Opens a dialog that may have something to make ready. */
export function open(dialog) {
  dialog?.dispatchEvent(new CustomEvent("opening"));
  dialog?.showModal();
}

/** Single keys of the desk: an element says which key is its own by `data-key="g"`. */
export default class Shortcuts {
  #enabled;

  constructor(body, signal) {
    this.#enabled = body.dataset.singleKeys !== "off";
    document.addEventListener("keydown", (event) => this.#pressed(event), { signal });
  }

  #pressed(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && typing(event.target)) return event.target.blur();
    if (typing(event.target) || $("dialog[open]")) return;
    if (event.key === "?") return this.#help(event);
    if (!this.#enabled) return;
    const target = ownerOf(event.key.toLowerCase());
    if (!target) return;
    event.preventDefault();
    if (target.matches("input:not([type=checkbox]), textarea")) target.focus();
    else target.click();
  }

  #help(event) {
    event.preventDefault();
    open(document.getElementById("shortcuts"));
  }
}
