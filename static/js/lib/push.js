import { $, say } from "lib/dom.js";
import { getJSON, request } from "lib/http.js";
import { toast } from "lib/toast.js";

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));

/** Whether this browser could be woken at all. */
export const isPossible = () => "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

/** The agreement of this browser, null when there is none. */
export async function current() {
  const worker = await navigator.serviceWorker.getRegistration("/");
  return (await worker?.pushManager.getSubscription()) ?? null;
}

/** Asks the person, then tells the server. `path` is where a notice leads. Call it from a click. Answers whether this
    browser is going to ring: `yes`, `asked` (not allowed), or `failed` (the browser or the server cannot just now). */
export async function agree(path) {
  if ((await Notification.requestPermission()) !== "granted") return "asked";
  return keep(path).catch(() => "failed");
}

async function keep(path) {
  const { key } = await getJSON("/push/");
  await navigator.serviceWorker.register("/sw.js");
  const worker = await navigator.serviceWorker.ready;
  const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
  const answer = await request("/push/", { method: "POST", body: { ...made.toJSON(), path } });
  if (answer.ok) return "yes";
  // What the server did not keep would never ring.
  await made.unsubscribe();
  return "failed";
}

/** Whether the server still wakes this browser for whoever is here now. What they agreed to earlier follows them to
    another of their links, or past a new password; after a log-out, or for somebody else, it has to be given anew. */
export async function isKept(path) {
  const made = isPossible() && Notification.permission === "granted" ? await current() : null;
  if (!made) return false;
  return (await request("/push/", { method: "POST", body: { ...made.toJSON(), path, renew: true } })).ok;
}

/** What a press on the button came to, when nothing on the page shows it, and what else there is. */
export function sayWhyNot(answer) {
  if (answer === "yes") return;
  toast(
    answer === "asked"
      ? say("浏览器没有允许提醒。可以点地址栏左边的图标打开“通知”，或添加到桌面后再试；有更新也会写在客服消息里", "The browser did not allow it. Allow notifications beside the address, or add this page to the home screen and try again; news is also written in the chat")
      : say("这个浏览器现在不能打开提醒，请稍后再试。有更新也会写在客服消息里", "This browser cannot be woken just now, please try later. News is also written in the chat"),
    { alert: true },
  );
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
    const answer = await agree(this.#root.dataset.path);
    await this.#show();
    sayWhyNot(answer);
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
