/** The pictures of a form: made smaller, shown, and each sent by itself as soon as it is chosen, with how far it is. The
    form then carries only what they are called, so that it leaves at once, and again after a line was lost. */

import { clone, say } from "lib/dom.js";
import { reduced } from "lib/reduced.js";
import { upload } from "lib/upload.js";
import Lane from "messaging/lane.js";
import { Refused } from "messaging/outbox.js";
import { readAnswer } from "messaging/uploads.js";

// What was sent ahead and whose form has not left yet, for who comes back to the page.
const KEY = "photos-sent";

export default class Photos {
  #root;
  #field;
  #needed;
  #lane = new Lane(() => this.#waiting(), (tile) => this.#attempt(tile));
  #files = new WeakMap();
  #calls = new Map();
  #held = null;

  constructor(root, signal) {
    this.#root = root;
    this.#field = root.querySelector("input[type=file]");
    this.#needed = this.#field.required;
    this.#field.addEventListener("change", () => this.#take());
    root.addEventListener("click", (event) => this.#click(event));
    // Before anybody else: a form whose pictures are on their way waits for them.
    document.addEventListener("submit", (event) => this.#submitted(event), { capture: true, signal });
    addEventListener("online", () => this.#lane.wake(), { signal });
    this.#restore();
    for (const tile of this.#tiles) this.#watch(tile);
    // What was chosen while this was still on its way is taken, too.
    this.#take();
  }

  get #tiles() {
    return [...this.#root.querySelectorAll("[data-photo]")];
  }

  get #form() {
    return this.#root.closest("form");
  }

  #waiting() {
    return this.#tiles.find((tile) => !tile.dataset.state);
  }

  #take() {
    const room = Number(this.#root.dataset.most) - this.#tiles.length;
    const files = [...this.#field.files];
    for (const file of files.slice(0, Math.max(0, room))) this.#files.set(this.#tile(file.name), file);
    this.#field.value = "";
    this.#changed(files.length > room ? say(`最多 ${this.#root.dataset.most} 张`, `At most ${this.#root.dataset.most}`) : "");
    this.#lane.wake();
  }

  #tile(name) {
    const tile = clone(this.#root.querySelector("[data-tile]"));
    tile.querySelector("[data-name]").textContent = name;
    this.#root.querySelector("label").before(tile);
    return tile;
  }

  /** Answers the error after which the next try is to wait a while. */
  async #attempt(tile) {
    const calledOff = new AbortController();
    this.#calls.set(tile, calledOff);
    try {
      const file = await this.#smaller(tile);
      const form = new FormData();
      form.append("file", file, file.name);
      const bar = tile.querySelector("progress");
      this.#show(tile, { bar: true });
      const answer = await upload(this.#root.dataset.url, form, { onProgress: (share) => { bar.value = share; }, signal: calledOff.signal });
      this.#done(tile, (await readAnswer(answer, { refused: say("没有传上去", "Could not be sent") })).id);
      return null;
    } catch (error) {
      if (!tile.isConnected) return null;
      const refused = error instanceof Refused;
      this.#show(tile, { again: !error.never });
      if (refused) tile.dataset.state = "refused";
      this.#changed(refused ? error.message : error.reason || say("网络不好，照片恢复后自动再传", "Bad network: pictures go on by themselves"));
      return refused ? null : error;
    } finally {
      this.#calls.delete(tile);
    }
  }

  async #smaller(tile) {
    if (!tile.querySelector("img")) {
      const file = await reduced(this.#files.get(tile));
      this.#files.set(tile, file);
      this.#picture(tile, URL.createObjectURL(file), file.name);
    }
    return this.#files.get(tile);
  }

  #picture(tile, address, alt) {
    tile.prepend(Object.assign(new Image(), { src: address, alt }));
    this.#watch(tile);
  }

  /** What this browser cannot show, or the shop is still drawing, is its name and no broken picture. */
  #watch(tile) {
    const image = tile.querySelector("img");
    const name = () => {
      image.hidden = true;
      tile.querySelector("[data-name]").hidden = false;
    };
    if (!image) return;
    image.addEventListener("error", name);
    if (image.complete && !image.naturalWidth) name();
  }

  #done(tile, id) {
    tile.dataset.state = "sent";
    this.#show(tile, {});
    Object.assign(tile.querySelector("[name=uploaded]"), { value: id, disabled: false });
    this.#changed("");
  }

  #show(tile, { bar = false, again = false }) {
    tile.querySelector("progress").hidden = !bar;
    tile.querySelector("[data-again]").hidden = !again;
  }

  #click(event) {
    const tile = event.target.closest("[data-photo]");
    if (tile && event.target.closest("[data-off]")) {
      this.#calls.get(tile)?.abort();
      tile.remove();
      this.#changed("");
    } else if (tile && event.target.closest("[data-again]")) {
      delete tile.dataset.state;
      this.#changed("");
      this.#lane.wake();
    }
  }

  /** Something about the pictures is otherwise: is the form to go now? */
  #changed(said) {
    const tiles = this.#tiles;
    this.#root.querySelector("[data-said]").textContent = said;
    this.#field.required = this.#needed && tiles.length === 0;
    this.#root.querySelector("label").hidden = tiles.length >= Number(this.#root.dataset.most);
    this.#keep(tiles);
    if (!this.#held || this.#waiting()) return;
    const { by } = this.#held;
    this.#held = null;
    by?.setAttribute("aria-busy", "false");
    if (tiles.every((tile) => tile.dataset.state === "sent")) this.#form.requestSubmit(by?.form === this.#form ? by : null);
  }

  #submitted(event) {
    if (event.target !== this.#form) return;
    const late = this.#tiles.filter((tile) => tile.dataset.state !== "sent");
    if (!late.length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (late.some((tile) => tile.dataset.state === "refused")) return this.#root.scrollIntoView({ block: "center" });
    this.#held = { by: event.submitter };
    event.submitter?.setAttribute("aria-busy", "true");
    this.#root.querySelector("[data-said]").textContent = say("照片传完后自动提交", "Sent as soon as the pictures are there");
  }

  #keep(tiles) {
    const sent = tiles.map((tile) => tile.querySelector("[name=uploaded]").value).filter(Boolean);
    try {
      sessionStorage.setItem(KEY, JSON.stringify({ path: location.pathname, sent }));
    } catch { /* no storage: kept as long as the page is */ }
  }

  /** Back on the page of a form that the line lost: its pictures are with the shop already. */
  #restore() {
    const [entry] = performance.getEntriesByType("navigation");
    let kept = null;
    try {
      kept = JSON.parse(sessionStorage.getItem(KEY));
      sessionStorage.removeItem(KEY);
    } catch { /* no storage */ }
    if (entry?.type === "navigate" || kept?.path !== location.pathname || this.#tiles.length) return;
    for (const id of kept.sent) {
      const tile = this.#tile(say("照片", "Picture"));
      this.#picture(tile, `/attachments/${encodeURIComponent(id)}/thumbnail/`, say("照片", "Picture"));
      this.#done(tile, id);
    }
  }
}
