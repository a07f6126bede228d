/* Starts every behaviour the page asks for: <div data-module="orders/list.js lib/copy.js">.
   A module's default export is a class; it gets the element. Once all have started, <html> has data-mounted. */
import { nothingLost } from "lib/lost_parts.js";
import { mountAll } from "lib/modules.js";

mountAll(document).then(() => {
  document.documentElement.dataset.mounted = "";
  nothingLost();
});
