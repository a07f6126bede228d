/** A picture over the page, in the platform's own dialog: Esc closes it, focus returns by itself. */

export default class Lightbox {
  #dialog;
  #image;

  constructor(dialog, log) {
    this.#dialog = dialog;
    this.#image = dialog.querySelector("img");
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
    });
    // A page's screenshot is read by scrolling, not by looking at a line of it.
    this.#image.addEventListener("load", () => {
      const { naturalWidth, naturalHeight } = this.#image;
      dialog.classList.toggle("lightbox--long", naturalHeight > 2.5 * naturalWidth);
      dialog.scrollTop = 0;
    });
    dialog.addEventListener("close", () => this.#image.removeAttribute("src"));
    dialog.addEventListener("keydown", (event) => {
      if (event.key === "ArrowLeft") this.#step(log, -1);
      if (event.key === "ArrowRight") this.#step(log, 1);
    });
    log.addEventListener("click", (event) => {
      const photo = event.target.closest("[data-full]");
      if (photo) this.open(photo);
    });
  }

  open(photo) {
    this.#image.src = photo.dataset.full;
    this.#image.alt = photo.querySelector("img").alt;
    this.#dialog.querySelector("[data-download]").href = photo.dataset.full;
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  #step(log, by) {
    const photos = [...log.querySelectorAll("[data-full]")];
    const at = photos.findIndex((photo) => this.#image.src.endsWith(photo.dataset.full));
    const next = photos[at + by];
    if (next) this.open(next);
  }
}
