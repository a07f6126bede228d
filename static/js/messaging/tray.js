/** Pictures and files that were pasted or dropped: seen before they are sent, each with a way to leave it out. */

export default class Tray {
  #place;
  #item;
  #files = new Map();

  constructor(place, item) {
    this.#place = place;
    this.#item = item;
    place.addEventListener("click", (event) => {
      const shown = event.target.closest("[data-tray-remove]")?.closest("figure");
      if (shown) this.#remove(shown);
    });
  }

  get size() {
    return this.#files.size;
  }

  add(files) {
    for (const file of files) {
      const shown = this.#item.content.firstElementChild.cloneNode(true);
      const image = shown.querySelector("img");
      if (file.type.startsWith("image/")) image.src = URL.createObjectURL(file);
      else image.remove();
      image.alt = shown.querySelector("[data-name]").textContent = file.name;
      this.#files.set(shown, file);
      this.#place.append(shown);
    }
    this.#place.hidden = !this.#files.size;
  }

  /** What is shown; from now on nothing is. */
  take() {
    const files = [...this.#files.values()];
    for (const shown of [...this.#files.keys()]) this.#remove(shown);
    return files;
  }

  #remove(shown) {
    const image = shown.querySelector("img");
    if (image) URL.revokeObjectURL(image.src);
    this.#files.delete(shown);
    shown.remove();
    this.#place.hidden = !this.#files.size;
  }
}
