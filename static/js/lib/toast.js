import { el, say } from "lib/dom.js";

const MOST = 3;

/** A short notice at the foot of the page. With an action it stays twice as long. */
export function toast(text, { alert = false, label = "", action = null } = {}) {
  const box = document.getElementById("toasts");
  if (!box) return;
  while (box.children.length >= MOST) box.firstElementChild.remove();
  const element = el("div", { className: "toast", role: alert ? "alert" : "status" }, el("span", {}, text));
  if (action) {
    const button = el("button", { type: "button" }, label || say("撤销", "Undo"));
    button.addEventListener("click", () => {
      element.remove();
      action();
    });
    element.append(button);
  }
  box.append(element);
  leaveLater(element, action ? 10_000 : 5_000);
}

/** Goes after a while, never while the pointer or the focus is on it. */
function leaveLater(element, pause) {
  let timer = setTimeout(() => element.remove(), pause);
  for (const stop of ["pointerenter", "focusin"]) element.addEventListener(stop, () => clearTimeout(timer));
  for (const go of ["pointerleave", "focusout"]) {
    element.addEventListener(go, () => {
      clearTimeout(timer);
      timer = setTimeout(() => element.remove(), pause);
    });
  }
}

/** The notices the server put on the page. */
export default class Toasts {
  constructor(box) {
    for (const element of box.children) leaveLater(element, 5_000);
  }
}
