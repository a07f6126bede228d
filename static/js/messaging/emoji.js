/** The emoji picker: a grid with Chinese names to search in, loaded when it is first opened. */

import { getJSON } from "lib/http.js";

const RECENT = "shopcomm-emoji";
const MAX_SHOWN = 320;

export default class EmojiPicker {
  #panel;
  #button;
  #grid;
  #search;
  #url;
  #data;
  #pick;

  constructor(panel, button, { url, pick, signal }) {
    this.#panel = panel;
    this.#button = button;
    this.#grid = panel.querySelector("[data-grid]");
    this.#search = panel.querySelector("input");
    this.#url = url;
    this.#pick = pick;
    button.addEventListener("click", () => (panel.hidden ? this.#open() : this.#close()));
    this.#search.addEventListener("input", () => this.#render());
    this.#grid.addEventListener("click", (event) => this.#choose(event.target.closest("button")));
    panel.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("pointerdown", (event) => {
      if (!panel.hidden && !panel.contains(event.target) && !button.contains(event.target)) this.#close();
    }, { signal });
  }

  async #open() {
    this.#panel.hidden = false;
    this.#button.setAttribute("aria-expanded", "true");
    // Under a finger the search box would bring a keyboard over the grid.
    if (matchMedia("(hover: hover)").matches) this.#search.focus();
    else this.#dropKeyboard();
    try {
      this.#data ??= await getJSON(this.#url);
    } catch {
      this.#panel.querySelector("[data-none]").hidden = false;
      return;
    }
    this.#render();
  }

  #dropKeyboard() {
    if (document.activeElement?.matches("input, textarea")) document.activeElement.blur();
  }

  #close() {
    this.#panel.hidden = true;
    this.#button.setAttribute("aria-expanded", "false");
  }

  #found() {
    const words = this.#search.value.trim().toLowerCase();
    if (!words) {
      const recent = recents();
      const common = this.#data.common.filter(([char]) => !recent.some(([one]) => one === char));
      return [...recent, ...common, ...this.#data.all];
    }
    return this.#data.all.filter(([char, zh, en]) => zh.includes(words) || en.includes(words) || char === words);
  }

  #render() {
    const found = this.#found().slice(0, this.#search.value ? MAX_SHOWN : Infinity);
    this.#panel.querySelector("[data-none]").hidden = found.length > 0;
    this.#grid.replaceChildren(...found.map(([char, zh, en]) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: char });
      const name = document.documentElement.lang.startsWith("en") ? en : zh;
      button.title = name;
      button.setAttribute("aria-label", name);
      button.tabIndex = -1;
      return button;
    }));
    if (this.#grid.firstChild) this.#grid.firstChild.tabIndex = 0;
    this.#grid.scrollTop = 0;
  }

  #choose(button) {
    if (!button) return;
    const entry = this.#data.all.find(([char]) => char === button.textContent);
    if (entry) remember(entry);
    this.#close();
    this.#pick(button.textContent);
  }

  #key(event) {
    if (event.key === "Escape") { event.stopPropagation(); this.#close(); this.#button.focus(); }
    if (event.key === "Enter" && event.target === this.#search && !event.isComposing && event.keyCode !== 229) {
      event.preventDefault();
      this.#choose(this.#grid.firstChild);
    }
    if (event.key === "ArrowDown" && event.target === this.#search) return this.#grid.firstChild?.focus();
    if (event.target.parentNode === this.#grid) this.#move(event);
  }

  #move(event) {
    const columns = Math.max(1, Math.floor(this.#grid.clientWidth / (event.target.offsetWidth || 36)));
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = [...this.#grid.children];
    all[all.indexOf(event.target) + step]?.focus();
  }
}

function recents() {
  try {
    return JSON.parse(localStorage.getItem(RECENT)) ?? [];
  } catch {
    return [];
  }
}

function remember(entry) {
  const kept = recents().filter(([char]) => char !== entry[0]).slice(0, 15);
  try {
    localStorage.setItem(RECENT, JSON.stringify([entry, ...kept]));
  } catch { /* no storage, no recents */ }
}
