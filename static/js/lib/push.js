import { $ } from "lib/dom.js";
import { getJSON, request } from "lib/http.js";

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));

/** Whether this browser could be woken at all. */
export const isPossible = () => "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

/** The agreement of this browser, null when there is none. */
export async function current() {
  const worker = await navigator.serviceWorker.getRegistration("/");
  return (await worker?.pushManager.getSubscription()) ?? null;
}

/** Asks the person, then tells the server. `path` is where a notice leads. Call it from a click. */
export async function agree(path) {
  if ((await Notification.requestPermission()) !== "granted") return;
  const { key } = await getJSON("/push/");
  await navigator.serviceWorker.register("/sw.js");
  const worker = await navigator.serviceWorker.ready;
  const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
  const answer = await request("/push/", { method: "POST", body: { ...made.toJSON(), path } });
  // What the server did not keep would never ring.
  if (!answer.ok) await made.unsubscribe();
}

/** Whether the server still wakes this browser for whoever is here now. What they agreed to earlier follows them to
    another of their links, or past a new password; after a log-out, or for somebody else, it has to be given anew. */
export async function isKept(path) {
  const made = isPossible() && Notification.permission === "granted" ? await current() : null;
  if (!made) return false;
  return (await request("/push/", { method: "POST", body: { ...made.toJSON(), path, renew: true } })).ok;
}

/** The agreement to be woken: asked for only when somebody presses the button. */
export default class Push {
  #root;

  constructor(root) {
    this.#root = root;
    $("[data-push-on]", root).addEventListener("click", () => this.#agree());
    $("[data-push-off]", root).addEventListener("click", () => this.#takeBack());
    this.#show();
  }

  async #show() {
    const can = isPossible();
    const denied = can && Notification.permission === "denied";
    const kept = can && !denied && (await isKept(this.#root.dataset.path));
    const shown = { on: can && !denied && !kept, off: kept, none: !can, denied };
    for (const [name, visible] of Object.entries(shown)) $(`[data-push-${name}]`, this.#root).hidden = !visible;
  }

  async #agree() {
    await agree(this.#root.dataset.path);
    this.#show();
  }

  async #takeBack() {
    const subscription = await current();
    if (subscription) {
      await request("/push/", { method: "DELETE", body: { endpoint: subscription.endpoint } });
      await subscription.unsubscribe();
    }
    this.#show();
  }
}
