import { $, $$ } from "lib/dom.js";
import { ownerOf } from "lib/shortcuts.js";

/** The table of keys: whenever it opens, it shows those that do something on this page at this moment. */
export default class ShortcutHelp {
  #dialog;

  constructor(dialog) {
    this.#dialog = dialog;
    dialog.addEventListener("opening", () => this.#show());
  }

  #show() {
    const off = document.body.dataset.singleKeys === "off";
    $("[data-keys-off]", this.#dialog).hidden = !off;
    for (const line of $$("[data-keys]", this.#dialog)) line.hidden = off || !ownerOf(line.dataset.keys);
    for (const line of $$("[data-works-with]", this.#dialog)) line.hidden = !$(line.dataset.worksWith);
  }
}
