import { $, parse, say } from "lib/dom.js";
import { fragment } from "lib/http.js";
import { mountAll } from "lib/modules.js";
import { toast } from "lib/toast.js";

const typing = (target) =>
  target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName) || (target.tagName === "INPUT" && !/^(checkbox|radio|button|submit)$/.test(target.type));

/** What a single key presses or goes to on this page now; undefined when nothing in sight has it. */
export function ownerOf(key) {
  const found = document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`);
  return [...found].find((element) => element.checkVisibility?.() ?? true);
}

/** Opens a dialog that may have something to make ready. */
function open(dialog) {
  if (dialog.open) return;
  dialog.dispatchEvent(new CustomEvent("opening"));
  dialog.showModal();
}

/** Opens the dialog that a link names. It comes from where the link leads, the first time. */
export async function openFrom(link) {
  const name = link.dataset.opens;
  const html = document.getElementById(name) ? null : await fragment(link.href).catch(() => null);
  if (html && !document.getElementById(name)) {
    const dialog = parse(html).firstElementChild;
    document.body.append(dialog);
    await mountAll(dialog);
  }
  if (document.getElementById(name)) open(document.getElementById(name));
  else toast(say("网络不通，请再试一次", "No network, please try again"), { alert: true });
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
    const link = $('[data-opens="shortcuts"]');
    if (!link) return;
    event.preventDefault();
    openFrom(link);
  }
}
