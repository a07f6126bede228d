import { say } from "lib/dom.js";
import { socket } from "lib/socket.js";

const QUIET = 2_000;

/** The bar that says when the connection is lost, and when it is back. */
export default class Netbar {
  #element;
  #text;
  #timer = 0;
  #shown = false;

  constructor(element) {
    this.#element = element;
    this.#text = element.querySelector("[data-text]");
    element.querySelector("button").addEventListener("click", () => socket.retryNow());
    let used = false;
    socket.onState((state, detail) => {
      used ||= state === "online" || detail.attempt > 0;
      if (used) this.#change(state, detail);
      if (state !== "online") document.documentElement.removeAttribute("data-online");
    });
    socket.onFrame((frame) => frame.type === "subscribed" && document.documentElement.setAttribute("data-online", ""));
  }

  #change(state, detail) {
    clearTimeout(this.#timer);
    if (state === "online") {
      if (this.#shown) this.#show("ok", say("已恢复连接，内容已是最新", "Back online, everything is up to date"));
      this.#timer = setTimeout(() => this.#hide(), 3_000);
      return;
    }
    const seconds = Math.ceil(detail.wait / 1000);
    const [tone, text] =
      detail.tooMany
        ? ["bad", say("打开的窗口太多，请关闭几个后刷新", "Too many windows are open, please close some and reload")]
        : state === "offline"
        ? ["bad", say("网络不可用。写好的内容已留在本机", "No network. What you wrote is kept on this device")]
        : [
            "",
            say(
              `连接已断开，正在重连… 第 ${detail.attempt} 次，${seconds} 秒后`,
              `Connection lost, reconnecting… try ${detail.attempt} in ${seconds} s`,
            ),
          ];
    if (this.#shown) this.#show(tone, text);
    else this.#timer = setTimeout(() => this.#show(tone, text), QUIET);
  }

  #show(tone, text) {
    this.#shown = true;
    this.#element.hidden = false;
    this.#element.className = `netbar floating ${tone}`;
    this.#element.setAttribute("role", tone === "bad" ? "alert" : "status");
    this.#text.textContent = text;
    this.#element.querySelector("button").hidden = tone === "ok";
  }

  #hide() {
    this.#shown = false;
    this.#element.hidden = true;
  }
}
