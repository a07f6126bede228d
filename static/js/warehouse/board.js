import { $, announce, debounce, say, swap } from "lib/dom.js";
import { fragment, post } from "lib/http.js";
import { socket } from "lib/socket.js";
import { chime } from "lib/sound.js";
import { toast } from "lib/toast.js";
import { spelled } from "lib/typed.js";

const SOUND_KEY = "warehouse-sound";
const CHIME_AGAIN = 60_000;
const LOUD = new Set(["order.paid", "order.changed", "order.change_requested", "order.change_escalated", "order.urged"]);

/** The stockroom's board: shows what comes in, and acts with one touch or one scan. */
export default class Board {
  #main;
  #selected = new URLSearchParams(location.search).get("order") ?? "";
  #column = new URLSearchParams(location.search).get("column") ?? "";
  #cursor = null;
  #news = 0;
  #turn = 0;
  #reload = debounce(() => this.#refresh(), 200);

  constructor(main) {
    this.#main = main;
    this.#sound();
    main.addEventListener("submit", (event) => this.#submitted(event));
    main.addEventListener("click", (event) => this.#clicked(event));
    main.addEventListener("change", (event) => event.target.matches("[data-tick] input") && event.target.form.requestSubmit());
    document.addEventListener("keydown", (event) => this.#pressed(event));
    $("[data-news]", main).addEventListener("click", () => this.#refresh(true));
    socket.subscribe({ feed: "warehouse" }, { after: () => this.#cursor, onFrame: (frame) => this.#heard(frame) });
    socket.onState((state) => { $("[data-live]", main).hidden = state !== "online"; });
    setInterval(() => $("[data-alert]", main) && this.#chime(), CHIME_AGAIN);
  }

  get #url() {
    const asked = Object.entries({ order: this.#selected, column: this.#column }).filter(([, value]) => value);
    return this.#main.dataset.url + (asked.length ? `?${new URLSearchParams(asked)}` : "");
  }

  /** Somebody reads or types in the board: nothing moves under their hands. */
  get #inHand() {
    const board = $("[data-board]", this.#main);
    return $(".wcol:hover", board) !== null && matchMedia("(hover: hover)").matches;
  }

  #heard(frame) {
    if (frame.type === "subscribed") {
      this.#cursor = frame.cursor ?? this.#cursor;
      return this.#reload();
    }
    if (frame.type === "resync") {
      // Too much has happened to be told one by one.
      this.#cursor = frame.cursor;
      return this.#reload();
    }
    if (frame.type !== "event") return undefined;
    this.#cursor = frame.cursor ?? this.#cursor;
    const { type } = frame.event;
    if (LOUD.has(type)) this.#chime();
    if (type === "order.paid" && this.#inHand) return this.#hold();
    return this.#reload();
  }

  #hold() {
    this.#news += 1;
    const button = $("[data-news]", this.#main);
    button.textContent = say(`${this.#news} 条新订单`, `${this.#news} new orders`);
    button.hidden = false;
    announce(button.textContent);
  }

  async #refresh(push = false) {
    const turn = ++this.#turn;
    const html = await fragment(this.#url, { headers: { "X-Fragment": "board" } });
    if (html === null) return;
    await spelled();
    // An answer that was overtaken by a later question shows what nobody asks for any more.
    if (turn !== this.#turn) return;
    this.#news = 0;
    $("[data-news]", this.#main).hidden = true;
    swap($("[data-board]", this.#main), html);
    $("[name=order]", this.#main).value = this.#selected;
    if (push) history.replaceState(null, "", this.#url);
  }

  #clicked(event) {
    const link = event.target.closest("[data-open], [data-column]");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (link.dataset.column) this.#show(link.dataset.column);
    else this.#open(link.dataset.open);
  }

  async #open(number) {
    this.#selected = number;
    await this.#refresh(true);
    $("#tracking", this.#main)?.focus();
  }

  /** A small screen shows one column, or the order that is in hand. */
  #show(column) {
    this.#column = column;
    if (matchMedia("(width < 760px)").matches) this.#selected = "";
    return this.#refresh(true);
  }

  #submitted(event) {
    const form = event.target;
    if (!form.matches("[data-act]")) return;
    event.preventDefault();
    this.#act(form);
  }

  async #act(form) {
    const button = $("button", form);
    button?.setAttribute("aria-busy", "true");
    if (form.dataset.select) [this.#selected, this.#column] = [form.dataset.select, ""];
    try {
      const answer = await post(form.action, new FormData(form), { headers: { "X-Fragment": "1" } });
      const { text } = await answer.json();
      if (!answer.ok) toast(text || say("没有成功，请重试", "That did not work"), { alert: true });
      else {
        if (text) toast(text);
        form.reset();
        form.closest("details")?.removeAttribute("open");
        if (form.matches("[data-ship]")) this.#selected = "";
      }
    } catch {
      toast(say("网络断开，请稍后重试", "No connection, please try again"), { alert: true });
    }
    await this.#refresh(true);
  }

  #pressed(event) {
    if (event.key === "F2") {
      event.preventDefault();
      $("[data-scan] input", this.#main).select();
    }
    if (event.key.toLowerCase() === "a" && !/INPUT|SELECT|TEXTAREA/.test(event.target.tagName) && !event.ctrlKey) {
      this.#acknowledge();
    }
  }

  /** What only has to be seen is seen; a customer's request is put in hand, and Enter grants it. */
  #acknowledge() {
    const seen = $("[data-alert] .ack:not([data-grants])", this.#main);
    if (seen) seen.click();
    else $("[data-alert] [data-grants]", this.#main)?.focus();
  }

  #sound() {
    const button = $("[data-sound]", this.#main);
    const show = () => button.setAttribute("aria-pressed", String(localStorage.getItem(SOUND_KEY) !== "off"));
    button.addEventListener("click", () => {
      localStorage.setItem(SOUND_KEY, localStorage.getItem(SOUND_KEY) === "off" ? "on" : "off");
      show();
    });
    show();
  }

  #chime() {
    if (localStorage.getItem(SOUND_KEY) !== "off") chime();
  }
}
