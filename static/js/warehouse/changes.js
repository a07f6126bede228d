import { $, $$, swap } from "lib/dom.js";
import { mountAll } from "lib/modules.js";
import { keepTyped } from "lib/typed.js";

/* The board by parts: a list of marked cards or notices under a head, and the order in hand. The server is told which
   marks are shown, and answers with what is otherwise. What has not changed is not touched. */
const PARTS = ["new", "picking", "packed", "shipped", "notices"];

const partOf = (root, name) => $(`[data-part="${name}"]`, root);
const marksIn = (list) => $$(":scope > [data-mark]", list).map((each) => each.dataset.mark);
const words = (text) => (text ? text.split(" ") : []);
// Whose card or notice it is; the rest of its mark is what it says.
const owner = (mark) => mark.split(/[.!]/)[0];

/** What a board shows, in the words of the header `X-Shown`. `handIsOld`: the order in hand is wanted again. */
export function shownOn(board, { handIsOld = false } = {}) {
  const parts = PARTS.map((name) => {
    const part = partOf(board, name);
    if (!part) return "";
    const pages = $("[data-pages]", part);
    return [$("[data-head]", part).dataset.head, ...(pages ? [pages.dataset.pages] : []), ...marksIn($("[data-list]", part))].join(" ");
  });
  // A board without orders has nothing that could be added to.
  if (!partOf(board, "new")) return "";
  const hand = $("[data-hand]", board);
  return [...parts, (handIsOld ? "" : hand.dataset.mark) ?? ""].join(";");
}

/** Puts what is otherwise in its place; focus stays where it is, or goes to what stands there now. */
export function renew(board, changes) {
  const held = document.activeElement;
  const known = board.contains(held) ? held.id || held.dataset.focus : "";
  for (const name of PARTS) {
    const [part, fresh] = [partOf(board, name), partOf(changes, name)];
    if (fresh) renewPart(part, fresh);
  }
  const hand = $("[data-hand]", changes);
  if (hand) swap($("[data-hand]", board), hand.outerHTML);
  for (const column of $$(".wcol", board)) {
    const { part: name } = column.dataset;
    const tab = $(`[data-column="${name}"]`, board);
    column.classList.toggle("on", name === changes.dataset.column);
    $(".cnt", tab).textContent = $(".cnt", column).textContent;
    if (name === changes.dataset.column) tab.setAttribute("aria-current", "true");
    else tab.removeAttribute("aria-current");
  }
  $(".wcols", board).classList.toggle("wcols--picking", $("[data-pick]", board) !== null);
  if (document.activeElement === held || held === document.body) return;
  if (held.isConnected) held.focus({ preventScroll: true });
  else if (known) (document.getElementById(known) ?? $(`[data-focus="${known}"]`, board))?.focus({ preventScroll: true });
}

function renewPart(part, fresh) {
  const list = $("[data-list]", part);
  for (const name of ["head", "pages"]) {
    const now = $(`[data-${name}]`, fresh);
    if (now) $(`[data-${name}]`, part).replaceWith(now);
  }
  renewList(list, $("[data-list]", fresh), fresh.dataset);
  if (part.matches("[data-alerts]")) part.hidden = marksIn(list).length === 0;
}

/** What says something new about the same order stands in for what was there: what is typed into it stays. */
function renewList(list, fresh, { gone, places }) {
  const come = new Map($$(":scope > [data-mark]", fresh).map((each) => [each.dataset.mark, each]));
  for (const mark of words(gone)) {
    const leaving = $(`:scope > [data-mark="${CSS.escape(mark)}"]`, list);
    const heir = [...come.keys()].find((each) => owner(each) === owner(mark));
    if (heir) come.set(heir, swap(leaving, come.get(heir).outerHTML));
    else remove(leaving);
  }
  const wanted = $$(":scope > [data-mark]", list).filter((each) => !come.has(each.dataset.mark));
  for (const place of words(places)) {
    const [mark, at] = place.split("=");
    if (come.has(mark)) wanted.splice(Number(at), 0, come.get(mark));
  }
  let next = list.firstElementChild;
  for (const each of wanted) {
    if (each === next) next = next.nextElementSibling;
    else list.insertBefore(each, next);
  }
  mountAll(list);
}

/** What was typed into it is put by, for when it comes back. */
function remove(leaving) {
  keepTyped(leaving)(document.createElement("div"));
  leaving.remove();
}
