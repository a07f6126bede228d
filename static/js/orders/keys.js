import { $, $$ } from "lib/dom.js";

/** Ways through the list by keyboard: J and K between orders, arrows between the status tabs. */
export default class ListKeys {
  #root;

  constructor(root, signal) {
    this.#root = root;
    root.addEventListener("keydown", (event) => this.#arrows(event));
    document.addEventListener("click", (event) => this.#stepped(event), { signal });
    $("#rows [aria-current]", root)?.scrollIntoView({ block: "nearest" });
  }

  /** The neighbours of the open order, as the list shows them. */
  #stepped(event) {
    const button = event.target.closest("[data-step]");
    if (!button) return;
    const links = $$("#rows a.orow", this.#root);
    const here = links.findIndex((link) => link.hasAttribute("aria-current"));
    links[here + Number(button.dataset.step)]?.click();
  }

  #arrows(event) {
    const tab = event.target.closest("[role=tab]");
    const step = { ArrowRight: 1, ArrowDown: 3, ArrowLeft: -1, ArrowUp: -3 }[event.key];
    if (!tab || !step) return;
    event.preventDefault();
    const tabs = $$("[role=tab]", this.#root);
    tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length].focus();
  }
}
