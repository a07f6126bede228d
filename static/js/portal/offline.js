import { say } from "lib/dom.js";
import { socket } from "lib/socket.js";
import { clock } from "lib/time.js";

/** Has the page kept for when there is no network, and says from when it is while there is none. */
export default class Offline {
  #bar;
  #asOf;
  #changed = false;

  constructor(bar, signal) {
    this.#bar = bar;
    const kept = document.documentElement.dataset.asOf;
    this.#asOf = kept ? new Date(kept) : new Date();
    if (kept) this.#show();
    document.addEventListener("portal:fresh", () => this.#fresh(), { signal });
    document.addEventListener("chat:message", () => { this.#changed = true; }, { signal });
    window.addEventListener("offline", () => this.#show(), { signal });
    socket.onState((state, { attempt, refused }) => state === "offline" && attempt > 0 && !refused && this.#show(), signal);
    document.addEventListener("visibilitychange", () => document.hidden && this.#keep(), { signal });
    this.#register();
  }

  #show() {
    const time = clock(this.#asOf);
    this.#bar.querySelector("[data-text]").textContent = say(`没有网络 · 数据截至 ${time}`, `No network · as of ${time}`);
    this.#bar.hidden = false;
  }

  #fresh() {
    this.#asOf = new Date();
    this.#changed = true;
    this.#bar.hidden = true;
  }

  /** What happened since the page was loaded belongs into the copy that is kept. */
  #keep() {
    if (this.#changed) navigator.serviceWorker?.controller?.postMessage({ type: "keep" });
    this.#changed = false;
  }

  async #register() {
    if (!("serviceWorker" in navigator)) return;
    await quiet();
    const passedThrough = Boolean(navigator.serviceWorker.controller);
    await navigator.serviceWorker.register("/sw.js");
    const worker = await navigator.serviceWorker.ready;
    // The first page was loaded before there was anybody to keep it.
    if (!passedThrough) worker.active.postMessage({ type: "keep" });
  }
}

/** When the page is there and the browser has nothing better to do. */
async function quiet() {
  if (document.readyState !== "complete") await new Promise((resolve) => addEventListener("load", resolve, { once: true }));
  await new Promise((resolve) => (window.requestIdleCallback ?? setTimeout)(resolve, { timeout: 2000 }));
}
