import { $, say } from "lib/dom.js";
import { getJSON, request } from "lib/http.js";

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));

/** Whether this browser could be woken at all. */
export const isPossible = () => "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

/** The agreement of this browser, null when there is none. */
export async function current() {
  const worker = await navigator.serviceWorker.getRegistration("/");
  return (await worker?.pushManager.getSubscription()) ?? null;
}

/** Asks the person, then tells the server. `path` is where a notice leads. Call it from a click. Answers with nothing
    when this browser is going to ring, else with a sentence: why it is not, and what can be done. */
export async function agree(path) {
  const permission = await Notification.requestPermission();
  if (permission === "denied") return whyNot.denied();
  if (permission !== "granted") return whyNot.dismissed();
  return keep(path).catch(() => whyNot.failed());
}

async function keep(path) {
  const { key } = await getJSON("/push/");
  await navigator.serviceWorker.register("/sw.js");
  const worker = await navigator.serviceWorker.ready;
  const made = await worker.pushManager
    .subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) })
    .catch(() => null);
  if (!made) return whyNot.unreachable();
  const answer = await request("/push/", { method: "POST", body: { ...made.toJSON(), path } });
  if (answer.ok) return "";
  // What the server did not keep would never ring.
  await made.unsubscribe();
  const { detail } = await answer.json().catch(() => ({}));
  return detail ? whyNot.refused(detail) : whyNot.failed();
}

const whyNot = {
  denied: () => say(
    "浏览器不允许这个网站提醒。点地址栏左边的图标（手机在浏览器的“网站设置”里），把“通知”改为允许，再按一次。",
    "The browser does not allow this site to notify you. Tap the icon beside the address (on a phone: the browser's site settings), allow notifications, and press again.",
  ),
  dismissed: () => say(
    "还没有打开：浏览器询问时没有选“允许”。再按一次，选“允许”。",
    "Not on yet: “Allow” was not chosen when the browser asked. Press again and choose “Allow”.",
  ),
  unreachable: () => say(
    "浏览器连不上它自己的推送服务（无痕窗口、公司网络、没有谷歌服务的手机常见），所以这台设备收不到。换个浏览器或网络再试。",
    "The browser cannot reach its own push service (common in private windows, company networks and phones without Google services), so this device cannot be woken. Try another browser or network.",
  ),
  refused: (detail) => say(`商家的服务器没有接受：${detail}。`, `The shop's server did not accept it: ${detail}.`),
  failed: () => say("网络不稳，没有打开成功。请刷新页面再试。", "The connection failed, so it is not on. Reload the page and try again."),
};

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
    const open = isSecureContext;
    const shown = { on: can && !denied && !kept, off: kept, none: open && !can, insecure: !open, denied };
    for (const [name, visible] of Object.entries(shown)) $(`[data-push-${name}]`, this.#root).hidden = !visible;
  }

  async #agree() {
    const why = await agree(this.#root.dataset.path);
    await this.#show();
    // What the page says of a browser that forbids it stands there already.
    const denied = Notification.permission === "denied";
    Object.assign($("[data-push-why]", this.#root), { textContent: why, hidden: !why || denied });
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
