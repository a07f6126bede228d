/* Starts every behaviour the page asks for: <div data-module="orders/list.js lib/copy.js">.
   A module's default export is a class; it gets the element. Once all have started, <html> has data-mounted. */
import { nothingLost, partLost } from "lib/lost_parts.js";

// A name of the import map: written into the call it would be taken for a path when files are collected.
const MODULES = "lib/modules.js";

async function start() {
  const modules = await import(MODULES).catch(partLost);
  if (!modules) return;
  await modules.mountAll(document);
  document.documentElement.dataset.mounted = "";
  nothingLost();
}

start();
