import { partLost } from "lib/lost_parts.js";

const mounted = new WeakMap();

/** Starts the behaviours named below `root`; safe to call again after new HTML came in. */
export function mountAll(root) {
  const found = [...root.querySelectorAll("[data-module]")];
  if (root instanceof Element && root.matches("[data-module]")) found.unshift(root);
  return Promise.all(found.map(mount));
}

async function mount(element) {
  if (mounted.has(element)) return;
  mounted.set(element, true);
  for (const name of element.dataset.module.split(/\s+/).filter(Boolean)) {
    const part = await import(name).catch(partLost);
    if (!part) continue;
    try {
      new part.default(element);
    } catch (error) {
      // One broken behaviour must not take the others with it.
      console.error(`module ${name}`, error);
    }
  }
}
