import { say } from "lib/dom.js";
import { openFrom } from "lib/shortcuts.js";
import { toast } from "lib/toast.js";

/** Small things any element of the page may ask for by an attribute. */
export default class Clicks {
  constructor(body, signal) {
    body.addEventListener("click", (event) => {
      const target = event.target.closest("[data-copy], [data-opens], [data-closes], [data-toggle-list], [data-print]");
      if (!target) return;
      if ("copy" in target.dataset) this.#copy(target.dataset.copy);
      if ("opens" in target.dataset && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        openFrom(target);
      }
      if ("closes" in target.dataset) {
        event.preventDefault();
        target.closest("dialog")?.close();
      }
      if ("toggleList" in target.dataset) this.#toggleList();
      if (target.dataset.print !== undefined) window.print();
    });
    body.addEventListener("click", (event) => event.target.matches("dialog[open]") && event.target.close());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && document.documentElement.dataset.list === "open") this.#toggleList();
    }, { signal });
  }

  async #copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      toast(say(`已复制 ${text}`, `Copied ${text}`));
    } catch {
      toast(say(`没有复制成功，请手动复制：${text}`, `Could not copy: ${text}`), { alert: true });
    }
  }

  #toggleList() {
    const root = document.documentElement;
    if (root.dataset.list === "open") delete root.dataset.list;
    else root.dataset.list = "open";
    for (const button of document.querySelectorAll("[data-toggle-list]")) {
      button.setAttribute("aria-expanded", String(root.dataset.list === "open"));
    }
  }
}
