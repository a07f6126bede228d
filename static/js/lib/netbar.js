import { say } from "lib/dom.js";
import { socket } from "lib/socket.js";

const QUIET = 2_000;
// Why the server does not want this page, in words for whoever looks at it.
const REASONS = {
  tooMany: () => say("打开的窗口太多，这里不再自动更新。请关闭几个后重连", "Too many windows are open, this one is no longer live. Close some, then reconnect"),
  closed: () => say("这个链接已停用，不再更新。请联系客服要一个新链接", "This link has been closed. Please ask the shop for a new one"),
  left: () => say("登录已失效，这里不再更新。请刷新后重新登录", "You are no longer logged in, this page is not live. Reload to log in again"),
  other: () => say("这个浏览器里换了别的账号，这里不再更新。请刷新", "Somebody else is logged in here now, this page is not live. Please reload"),
};

/** The bar that says when the connection is lost, and when it is back. */
export default class Netbar {
  #element;
  #text;
  #timer = 0;
  #shown = false;

  constructor(element, signal) {
    this.#element = element;
    this.#text = element.querySelector("[data-text]");
    this.#button("retry").addEventListener("click", () => socket.retryNow());
    this.#button("reload").addEventListener("click", () => location.reload());
    let used = false;
    socket.onState((state, detail) => {
      used ||= state === "online" || detail.attempt > 0 || detail.refused;
      if (used) this.#change(state, detail);
      if (state !== "online") document.documentElement.removeAttribute("data-online");
    }, signal);
    socket.onFrame((frame) => frame.type === "subscribed" && document.documentElement.setAttribute("data-online", ""), signal);
  }

  #button(name) {
    return this.#element.querySelector(`[data-${name}]`);
  }

  #change(state, detail) {
    clearTimeout(this.#timer);
    if (state === "online") {
      if (this.#shown) this.#show("ok", say("已恢复连接，内容已是最新", "Back online, everything is up to date"), {});
      this.#timer = setTimeout(() => this.#hide(), 3_000);
      return;
    }
    const seconds = Math.ceil(detail.wait / 1000);
    const [tone, text] =
      detail.refused
        ? ["bad", REASONS[detail.why]()]
        : state === "offline"
        ? ["bad", say("网络不可用。写好的内容已留在本机", "No network. What you wrote is kept on this device")]
        : [
            "",
            say(
              `连接已断开，正在重连… 第 ${detail.attempt} 次，${seconds} 秒后`,
              `Connection lost, reconnecting… try ${detail.attempt} in ${seconds} s`,
            ),
          ];
    const waits = this.#shown || detail.refused ? 0 : QUIET;
    this.#timer = setTimeout(() => this.#show(tone, text, detail), waits);
  }

  #show(tone, text, { why = "" }) {
    this.#shown = true;
    this.#element.hidden = false;
    this.#element.className = `netbar floating ${tone}`;
    this.#element.setAttribute("role", tone === "bad" ? "alert" : "status");
    this.#text.textContent = text;
    this.#button("retry").hidden = tone === "ok" || ["closed", "left", "other"].includes(why);
    this.#button("reload").hidden = !["left", "other"].includes(why);
  }

  #hide() {
    this.#shown = false;
    this.#element.hidden = true;
  }
}
