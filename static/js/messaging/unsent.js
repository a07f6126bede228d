/** The rows of what is not confirmed yet, below the log: 发送中, waiting for the network, or refused. */

export default class Unsent {
  #place;
  #rows;
  #page;
  #shown = new Map();

  constructor(place, rows, page) {
    this.#place = place;
    this.#rows = rows;
    this.#page = page;
  }

  get size() {
    return this.#shown.size;
  }

  show(record) {
    const row = this.#rows.build(this.#message(record));
    row.classList.add(record.internal ? "note--unsent" : "sending");
    row.dataset.client = record.client_id;
    const old = this.#shown.get(record.client_id);
    if (old) old.replaceWith(row);
    else this.#place.append(row);
    this.#shown.set(record.client_id, row);
    this.#state(row, record);
    return row;
  }

  remove(clientId) {
    this.#shown.get(clientId)?.remove();
    this.#shown.delete(clientId);
  }

  /** The network has been away for a while, or the server said why it cannot now: on the row, with a way to try at once. */
  waiting(record, reason) {
    const row = this.#shown.get(record.client_id);
    if (row && !record.refused) this.#fail(row, reason || this.#page.texts.unsent);
  }

  /** Confirmed, but the message itself has not come round yet. */
  delivered(record) {
    const row = this.#shown.get(record.client_id);
    if (!row) return;
    row.classList.remove("sending", "fail");
    row.querySelector(".acts:has([data-retry])")?.remove();
    const meta = this.#meta(row);
    meta.removeAttribute("role");
    meta.replaceChildren(...this.#rows.part("delivered").childNodes);
  }

  #message(record) {
    const attachments = (record.files ?? []).map((file) => ({
      ...file, url: file.blob && URL.createObjectURL(file.blob),
    }));
    return { ...record, sender: this.#page.me, attachments, recalled: false };
  }

  #state(row, record) {
    row.querySelector("[data-tools]")?.remove();
    if (record.refused) this.#fail(row, record.refused, record.never);
    else this.#meta(row).textContent = this.#page.texts.sending;
  }

  #fail(row, text, never = false) {
    row.classList.remove("sending");
    row.classList.add("fail");
    const meta = this.#meta(row);
    meta.setAttribute("role", "alert");
    const alarm = this.#rows.part("alarm");
    alarm.querySelector("[data-text]").textContent = text;
    meta.replaceChildren(...alarm.childNodes);
    if (!row.querySelector("[data-discard]")) meta.after(this.#rows.part("again"));
    if (never) row.querySelector("[data-retry]")?.remove();
  }

  #meta(row) {
    let meta = row.querySelector("[data-meta]");
    if (!meta) {
      meta = Object.assign(document.createElement("span"), { className: "meta" });
      meta.dataset.meta = "";
      row.append(meta);
    }
    meta.hidden = false;
    return meta;
  }
}
