/** The rows of what is not confirmed yet, below the log: 发送中, waiting for the network, or refused. */

export default class Unsent {
  #place;
  #rows;
  #page;
  #shown = new Map();
  #addresses = new Map();

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
    this.#forget(clientId);
  }

  /** How much of its files has left, from 0 to 1. */
  progress(record, share) {
    const row = this.#shown.get(record.client_id);
    if (!row || record.refused) return;
    if (!row.querySelector("progress")) this.#begin(row);
    const bar = row.querySelector("progress");
    bar.value = share;
    bar.nextElementSibling.textContent = `${Math.floor(share * 100)}%`;
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
    row.querySelector(".acts")?.remove();
    const meta = this.#meta(row);
    meta.removeAttribute("role");
    meta.replaceChildren(...this.#rows.part("delivered").childNodes);
  }

  #message(record) {
    this.#forget(record.client_id);
    const attachments = (record.files ?? []).map((file) => ({ ...file, url: file.blob && this.#address(record, file) }));
    return { ...record, sender: this.#page.me, attachments, recalled: false };
  }

  /** Where the browser itself has a file's content; it is kept for as long as the row is. */
  #address(record, { blob }) {
    const address = URL.createObjectURL(blob);
    this.#addresses.set(record.client_id, [...(this.#addresses.get(record.client_id) ?? []), address]);
    return address;
  }

  #forget(clientId) {
    for (const address of this.#addresses.get(clientId) ?? []) URL.revokeObjectURL(address);
    this.#addresses.delete(clientId);
  }

  #state(row, record) {
    row.querySelector("[data-tools]")?.remove();
    if (record.refused) this.#fail(row, record.refused, record.never);
    else if (record.files?.length) this.#begin(row);
    else this.#meta(row).textContent = this.#page.texts.sending;
  }

  /** A file takes a while: how far it is, and a way to think better of it. */
  #begin(row) {
    row.classList.remove("fail");
    row.classList.add("sending");
    const meta = this.#meta(row);
    meta.removeAttribute("role");
    meta.replaceChildren(...this.#rows.part("upload").childNodes);
    this.#offer(row, "stop");
  }

  #offer(row, part) {
    row.querySelector(".acts")?.remove();
    this.#meta(row).after(this.#rows.part(part));
  }

  #fail(row, text, never = false) {
    row.classList.remove("sending");
    row.classList.add("fail");
    const meta = this.#meta(row);
    meta.setAttribute("role", "alert");
    const alarm = this.#rows.part("alarm");
    alarm.querySelector("[data-text]").textContent = text;
    meta.replaceChildren(...alarm.childNodes);
    if (!row.querySelector("[data-retry]")) this.#offer(row, "again");
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
