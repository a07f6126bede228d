import { $ } from "lib/dom.js";

/** How to put the shop on the home screen: by the browser's own prompt, or in words where there is none (iPhone). */
export default class Install {
  constructor(root, signal) {
    const installed = navigator.standalone || matchMedia("(display-mode: standalone)").matches;
    if (installed) return;
    const button = $("[data-install]", root);
    let prompt = null;
    window.addEventListener("beforeinstallprompt", (event) => {
      event.preventDefault();
      prompt = event;
      root.hidden = button.hidden = false;
    }, { signal });
    window.addEventListener("appinstalled", () => { root.hidden = true; }, { signal });
    button.addEventListener("click", () => prompt?.prompt());
    if (/iPhone|iPad/.test(navigator.userAgent)) root.hidden = $("[data-install-ios]", root).hidden = false;
  }
}
