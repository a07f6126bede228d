import { partLost } from "lib/lost_parts.js";

/** Modules that came in one file with this one, by their names; empty where each is a file of its own. */
export const together = new Map();

const load = (name) => together.has(name) ? Promise.resolve(together.get(name)) : import(name);

/* By element: ends what its behaviours began outside of it. */
const mounted = new Map();

/** Starts the behaviours named below `root`; safe to call again after new HTML came in. */
export function mountAll(root) {
  const found = [...root.querySelectorAll("[data-module]")];
  if (root instanceof Element && root.matches("[data-module]")) found.unshift(root);
  return Promise.all(found.map(mount));
}

/* A behaviour gets its element and a signal. What it hears outside of the element (the document, the window, the
   socket, a clock) it hears with the signal, which is given up as soon as the element has left the page. */
async function mount(element) {
  if (mounted.has(element) || !element.isConnected) return;
  const life = new AbortController();
  mounted.set(element, life);
  for (const name of element.dataset.module.split(/\s+/).filter(Boolean)) {
    const part = await load(name).catch(partLost);
    if (!part || life.signal.aborted) continue;
    try {
      new part.default(element, life.signal);
    } catch (error) {
      // One broken behaviour must not take the others with it.
      console.error(`module ${name}`, error);
    }
  }
}

/** Ends the behaviours of what is no longer on the page. One that was only moved is. */
function endThoseGone(changes) {
  if (!changes.some((change) => change.removedNodes.length)) return;
  for (const [element, life] of mounted) {
    if (element.isConnected) continue;
    mounted.delete(element);
    life.abort();
  }
}

new MutationObserver(endThoseGone).observe(document, { childList: true, subtree: true });

/** Does something again and again until the signal is given up. */
export function every(pause, work, signal) {
  const timer = setInterval(work, pause);
  signal.addEventListener("abort", () => clearInterval(timer));
}
