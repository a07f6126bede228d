import { $, debounce, parse } from "lib/dom.js";
import { fragment, getJSON } from "lib/http.js";

/** Whom an order is for: found by name, firm or the end of a phone, or known by the phone that is typed. */
export default class CustomerPicker {
  #root;
  #form;
  #search;
  #turn = 0;

  constructor(root) {
    this.#root = root;
    this.#form = root.closest("form");
    this.#search = $("[data-customer-search]", root);
    $("[data-customer-picker]", root).hidden = false;
    this.#search.addEventListener("input", debounce(() => this.#find(), 200));
    this.#search.addEventListener("keydown", (event) => this.#keys(event));
    root.addEventListener("click", (event) => {
      const chosen = event.target.closest("[data-customer]");
      if (chosen) this.#choose(chosen.dataset.customer);
    });
    const phone = $("#id_phone", root);
    phone.addEventListener("change", () => this.#known({ phone: phone.value }));
    // What was typed while this was still on its way is looked up, too.
    if (phone.value !== phone.defaultValue) this.#known({ phone: phone.value });
    if (this.#search.value) this.#find();
  }

  get #list() {
    return $("#customer-results", this.#root);
  }

  async #find() {
    const turn = ++this.#turn;
    this.#list.hidden = !this.#search.value.trim();
    if (this.#list.hidden) return;
    const html = await fragment(this.#url({ q: this.#search.value }));
    // An answer that was overtaken by more typing is about fewer letters.
    if (html !== null && turn === this.#turn) this.#list.replaceChildren(parse(html));
  }

  #keys(event) {
    if (event.key === "Escape") this.#list.hidden = true;
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    $("[data-customer]", this.#list)?.click();
  }

  /** Everything that is known of somebody chosen takes the place of whoever stood there before. */
  async #choose(id) {
    this.#turn += 1;
    this.#list.hidden = true;
    this.#search.value = "";
    await this.#known({ id }, true);
    $("[data-variant-search]", this.#form)?.focus();
  }

  /** Fills in who it is and where the last parcel went; for a typed phone, what is typed already stays. */
  async #known(asked, replace = false) {
    const found = await getJSON(this.#url(asked)).catch(() => ({}));
    $("[data-customer-hint]", this.#root).textContent = found.hint ?? "";
    for (const [name, value] of Object.entries(found.fields ?? {})) {
      const input = $(`[name="${CSS.escape(name)}"]`, this.#form);
      if (input && (replace || !input.value || name === "tier")) input.value = value;
    }
    this.#form.dispatchEvent(new CustomEvent("price:ask"));
  }

  #url(asked) {
    return `${this.#root.dataset.customers}?${new URLSearchParams(asked)}`;
  }
}
