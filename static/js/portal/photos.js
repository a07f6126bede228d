/** Shows the pictures that were chosen, before they are sent. */

export default class Photos {
  #root;
  #field;

  constructor(root) {
    this.#root = root;
    this.#field = root.querySelector("input[type=file]");
    this.#field.addEventListener("change", () => this.#show());
    // What was chosen while this was still on its way is shown, too.
    this.#show();
  }

  #show() {
    for (const old of this.#root.querySelectorAll("img")) {
      URL.revokeObjectURL(old.src);
      old.remove();
    }
    const add = this.#root.querySelector("label");
    for (const file of [...this.#field.files].slice(0, Number(this.#field.dataset.most))) {
      const picture = document.createElement("img");
      picture.src = URL.createObjectURL(file);
      picture.alt = file.name;
      add.before(picture);
    }
  }
}
