/* A part of the page that the line lost: browsers do not ask for it again until the page is loaded anew. So it is,
   by itself and a few times, unless something would be lost by it. */
const KEY = "lost-parts";
const MOST = 3;
const PAUSE = 1000;

let lost = false;
let touched = "posted" in document.documentElement.dataset;
document.addEventListener("input", () => { touched = true; }, { capture: true });

/** A part did not come: the page is loaded again when there is a line, or says that it should be. */
export async function partLost() {
  if (lost) return;
  lost = true;
  const tries = Number(sessionStorage.getItem(KEY) ?? 0);
  if (tries < MOST) await new Promise((resolve) => setTimeout(resolve, PAUSE * 3 ** tries));
  if (!navigator.onLine) await new Promise((resolve) => addEventListener("online", resolve, { once: true }));
  if (touched || tries >= MOST) return tell();
  sessionStorage.setItem(KEY, tries + 1);
  location.reload();
}

/** The page is whole. */
export function nothingLost() {
  if (!lost) sessionStorage.removeItem(KEY);
}

function tell() {
  sessionStorage.removeItem(KEY);
  document.body.append(document.getElementById("parts-lost").content.cloneNode(true));
}
