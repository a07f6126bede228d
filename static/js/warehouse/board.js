import { $, $$, announce, debounce, parse, say, swap } from "lib/dom.js";
import { fragment, post } from "lib/http.js";
import { ALARM_EVENTS } from "lib/kinds.js";
import { every } from "lib/modules.js";
import { socket } from "lib/socket.js";
import { chime } from "lib/sound.js";
import { toast } from "lib/toast.js";
import { keepFor, spelled, standingField, standingForm } from "lib/typed.js";
import { Camera } from "warehouse/camera.js";
import { renew, shownOn } from "warehouse/changes.js";
import { Scanner } from "warehouse/scanner.js";

const SOUND_KEY = "warehouse-sound";
const A_MINUTE = 60_000;
const MAYBE_A_SCANNER = 100;

/** The stockroom's board: shows what comes in, and acts with one touch or one scan. */
export default class Board {
  #main;
  #selected = new URLSearchParams(location.search).get("order") ?? "";
  #column = new URLSearchParams(location.search).get("column") ?? "";
  #pages = Object.fromEntries([...new URLSearchParams(location.search)].filter(([name]) => name.startsWith("page-")));
  #cursor = null;
  #news = 0;
  #turn = 0;
  // What is shown may be otherwise although its mark is the same: the whole board, or the order in hand.
  #isOld = false;
  #handIsOld = false;
  #scanner;
  #reload = debounce(() => this.#refresh(), 200);

  constructor(main, signal) {
    this.#main = main;
    this.#sound();
    this.#adopt();
    this.#scanner = new Scanner(main, { done: (answer) => this.#scanned(answer), loud: () => this.#loud, signal });
    new Camera(main, (text) => this.#scanner.read(text));
    main.addEventListener("keydown", (event) => this.#entered(event));
    main.addEventListener("submit", (event) => this.#submitted(event));
    main.addEventListener("click", (event) => this.#clicked(event));
    main.addEventListener("change", (event) => event.target.matches("[data-tick] input") && event.target.form.requestSubmit());
    document.addEventListener("keydown", (event) => this.#pressed(event), { signal });
    $("[data-news]", main).addEventListener("click", () => this.#refresh(true));
    socket.subscribe({ feed: "warehouse" }, { after: () => this.#cursor, onFrame: (frame) => this.#heard(frame) }, signal);
    socket.onState((state) => { $("[data-live]", main).hidden = state !== "online"; }, signal);
    every(A_MINUTE, () => this.#minute(), signal);
  }

  get #url() {
    const asked = Object.entries({ order: this.#selected, column: this.#column, ...this.#pages }).filter(([, value]) => value);
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
      this.#isOld = true;
      return this.#reload();
    }
    if (frame.type !== "event") return undefined;
    this.#cursor = frame.cursor ?? this.#cursor;
    const { type, order_id: order } = frame.event;
    // Of goods: how many lie on the shelf stands in the panel.
    if (!order) this.#handIsOld = true;
    if (ALARM_EVENTS.has(type)) this.#chime();
    if (type === "order.paid" && this.#inHand) return this.#hold();
    return this.#reload();
  }

  #hold() {
    this.#news += 1;
    const button = $("[data-news]", this.#main);
    button.textContent = say(`${this.#news} 条新订单`, `New orders: ${this.#news}`);
    button.hidden = false;
    announce(button.textContent);
  }

  /** The server is told what is shown, and answers what is otherwise: the whole board only after a gap. */
  async #refresh(push = false) {
    const turn = ++this.#turn;
    const [isOld, handIsOld] = [this.#isOld, this.#handIsOld];
    this.#isOld = this.#handIsOld = false;
    const shown = isOld ? "" : shownOn($("[data-board]", this.#main), { handIsOld });
    const html = await fragment(this.#url, { headers: { "X-Fragment": "board", "X-Shown": shown } }).catch(() => null);
    await spelled();
    // An answer that was overtaken by a later question shows what nobody asks for any more.
    if (html === null || turn !== this.#turn) {
      this.#isOld ||= isOld;
      this.#handIsOld ||= handIsOld;
      return;
    }
    this.#news = 0;
    $("[data-news]", this.#main).hidden = true;
    this.#put(html);
    $("[name=order]", this.#main).value = this.#selected;
    for (const card of $$(".wcard", this.#main)) card.classList.toggle("sel", card.dataset.number === this.#selected);
    if (push) history.replaceState(null, "", this.#url);
  }

  #put(html) {
    const fresh = parse(html).firstElementChild;
    const first = $("[data-alert]", this.#main)?.dataset.alert;
    $("[data-figures]", this.#main).replaceWith($("[data-figures]", fresh));
    if (fresh.matches("[data-board]")) swap($("[data-board]", this.#main), fresh.outerHTML);
    else renew($("[data-board]", this.#main), fresh);
    // Something urgent that came in front of what somebody was looking at.
    if ($("[data-alert]", this.#main)?.dataset.alert !== first) $(".alerts", this.#main).scrollTo({ left: 0 });
  }

  #clicked(event) {
    const link = event.target.closest("[data-open], [data-column], [data-page]");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (link.dataset.page) this.#turnTo(link.dataset.of, link.dataset.page);
    else if (link.dataset.column) this.#show(link.dataset.column);
    else this.#open(link.dataset.open);
  }

  /** What comes next is a scan: of a bag first, so never into the field for the waybill. */
  async #open(number) {
    this.#selected = number;
    await this.#refresh(true);
    if (matchMedia("(hover: hover)").matches) $("[data-scan] [name=q]", this.#main).focus();
  }

  /** A waybill that came with the address is as good as typed: a refresh asks for the page without it. */
  #adopt() {
    const { tracking_number: number, carrier } = this.#shipForm?.elements ?? {};
    if (!number?.defaultValue) return;
    const given = [number.value, carrier.value];
    number.defaultValue = "";
    for (const option of carrier.options) option.defaultSelected = false;
    [number.value, carrier.value] = given;
    history.replaceState(null, "", this.#url);
  }

  /** The form of the parcel that is being packed: a part of the order when that is folded out. */
  get #shipForm() {
    return $(".wsplit[open] form", this.#main) ?? $("form.wship:not(.wsplit *)", this.#main);
  }

  async #scanned(answer) {
    if (answer.kind === "order") return this.#open(answer.order);
    if (answer.refused) return undefined;
    if (answer.kind === "waybill") return this.#fill(answer);
    await this.#refresh();
    const row = $(`[data-line="${answer.line}"]`, this.#main);
    row?.classList.add("counted");
    return row?.scrollIntoView({ block: "nearest" });
  }

  /** Puts a waybill into its form, or by until there is one; Enter is all that is left to do. */
  #fill({ tracking_number: number, carrier }) {
    const form = this.#shipForm;
    if (!form) {
      const action = $("[data-pick]", this.#main)?.dataset.shipUrl;
      keepFor({ action, name: "tracking_number", id: "tracking" }, number);
      keepFor({ action, name: "carrier", id: "carrier" }, carrier);
      return this.#scanner.tell(say(`${number} 先记下了，拣完自动填好`, `${number} is kept until all is picked`), false, false);
    }
    form.elements.tracking_number.value = number;
    form.elements.carrier.value = carrier;
    return $("button", form).focus();
  }

  /** A scanner's Enter in the field for the waybill ships nothing before it is known what was read. */
  async #entered(event) {
    const typed = event.target;
    if (event.key !== "Enter" || event.isComposing || !typed.matches("[name=tracking_number]") || !typed.value.trim()) return;
    event.preventDefault();
    const answer = await this.#scanner.read(typed.value);
    // What came in meanwhile has renewed the board.
    const field = standingField(typed);
    if (!field) return;
    const { form } = field;
    if (!answer || answer.kind === "unknown") return form.requestSubmit();
    if (answer.kind === "waybill") {
      field.value = answer.tracking_number || field.value;
      if (answer.carrier) form.elements.carrier.value = answer.carrier;
      return form.requestSubmit();
    }
    field.value = "";
  }

  /** A small screen shows one column, or the order that is in hand. */
  #show(column) {
    this.#column = column;
    if (matchMedia("(width < 760px)").matches) this.#selected = "";
    return this.#refresh(true);
  }

  /** Another page of a column, from its top. */
  async #turnTo(column, page) {
    this.#pages[`page-${column}`] = page;
    await this.#refresh(true);
    $(`[data-keep-scroll="${column}"]`, this.#main)?.scrollTo({ top: 0 });
  }

  #submitted(event) {
    const form = event.target;
    if (!form.matches("[data-act]")) return;
    event.preventDefault();
    this.#act(form, event.submitter);
  }

  /** A button of a card says itself where it leads and what goes with it. */
  async #act(form, submitter) {
    const button = submitter ?? $("button", form);
    button?.setAttribute("aria-busy", "true");
    const select = button?.dataset.select ?? form.dataset.select;
    if (select) [this.#selected, this.#column] = [select, ""];
    const body = new FormData(form);
    if (submitter?.name) body.set(submitter.name, submitter.value);
    const url = submitter?.getAttribute("formaction") ?? form.action;
    try {
      const answer = await post(url, body, { headers: { "X-Fragment": "1" } });
      const { text } = await answer.json();
      if (!answer.ok) toast(text || say("没有成功，请重试", "That did not work"), { alert: true });
      else {
        if (text) toast(text);
        const now = standingForm(form);
        now?.reset();
        // Its own fold; that of all changes stays as somebody left it.
        now?.closest("details:not([data-alerts])")?.removeAttribute("open");
        if (form.matches("[data-ship]")) this.#selected = "";
      }
      button?.removeAttribute("aria-busy");
    } catch {
      toast(say("网络断开，请稍后重试", "No connection, please try again"), { alert: true });
    }
    await this.#refresh(true);
  }

  #pressed(event) {
    if (event.key === "F2") {
      event.preventDefault();
      const field = $("[data-scan] [name=q]", this.#main);
      field.focus();
      field.select();
    }
    if (event.key.toLowerCase() === "a" && !/INPUT|SELECT|TEXTAREA/.test(event.target.tagName) && !event.ctrlKey) {
      // It may be the first letter of a code that a scanner is reading.
      setTimeout(() => this.#scanner.isReading || this.#acknowledge(), MAYBE_A_SCANNER);
    }
  }

  /** What only has to be seen is seen; a customer's request is put in hand, and Enter grants it. */
  #acknowledge() {
    const seen = $("[data-alert] .ack:not([data-grants])", this.#main);
    if (seen) return seen.click();
    const grants = $("[data-alert] [data-grants]", this.#main);
    // What is folded away takes no focus.
    if (grants) grants.closest("details").open = true;
    return grants?.focus();
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

  /** What is still to be seen is heard again, and all clocks go on. */
  #minute() {
    if ($("[data-alert]", this.#main)) this.#chime();
    this.#handIsOld ||= $("[data-frozen]", this.#main) !== null;
    if (this.#handIsOld || $("[data-left-until], [data-alert^=asked]", this.#main)) this.#reload();
  }

  get #loud() {
    return localStorage.getItem(SOUND_KEY) !== "off";
  }

  #chime() {
    if (this.#loud) chime();
  }
}
