/* Whether anybody is at this page: an open tab on a desk that everybody has left is no sign of somebody. */
const IDLE_AFTER = 15 * 60_000;

let touchedAt = Date.now();
for (const name of ["pointerdown", "pointermove", "keydown", "wheel", "visibilitychange"]) {
  document.addEventListener(name, () => { touchedAt = Date.now(); }, { capture: true, passive: true });
}

export const isIdle = () => Date.now() - touchedAt > IDLE_AFTER;
