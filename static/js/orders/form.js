import { $, $$, clone, debounce, parse } from "lib/dom.js";
import { fragment } from "lib/http.js";

/** The order form: finds products while one types. */
export default class OrderForm {
  #form;

  constructor(form) {
    this.#form = form;
    const search = $("[data-variant-search]", form);
    $("[data-picker]", form).hidden = false;
    search.addEventListener("input", debounce(() => this.#find(search.value), 200));
    search.addEventListener("keydown", (event) => this.#keys(event));
    form.addEventListener("click", (event) => this.#clicked(event));
    form.addEventListener("price:shown", () => this.#priced());
    form.addEventListener("submit", () => ($(".formbar .primary", form).ariaBusy = "true"));
  }

  async #find(text) {
    const list = $("#variant-results", this.#form);
    list.hidden = !text.trim();
    if (list.hidden) return;
    const html = await fragment(`${this.#form.dataset.variants}?${new URLSearchParams({ q: text })}`);
    if (html !== null) list.replaceChildren(parse(html));
  }

  #keys(event) {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    $("[data-variant]", this.#form)?.click();
  }

  #clicked(event) {
    const variant = event.target.closest("[data-variant]");
    if (variant) this.#add(variant.dataset);
    const removed = event.target.closest("[data-remove]")?.closest("li");
    removed?.remove();
    if (variant || removed) this.#form.dispatchEvent(new CustomEvent("price:ask"));
  }

  #add({ sku, name, spec, price, picture }) {
    const existing = $$(".line", this.#form).find((line) => $(".sku", line).value === sku);
    if (existing) {
      $(".qty", existing).value = Number($(".qty", existing).value) + 1;
      return $(".qty", existing).focus();
    }
    const line = clone($("[data-line]", this.#form));
    $(".sku", line).value = sku;
    $("[data-name]", line).textContent = name;
    $("[data-spec]", line).textContent = spec;
    $("[data-picture]", line).src = picture;
    $(".price", line).placeholder = price;
    $("[data-lines]", this.#form).append(line);
    $("[data-variant-search]", this.#form).value = "";
    $("#variant-results", this.#form).hidden = true;
    $(".qty", line).select();
  }

  /** The price that a line gets by itself stands in its empty field. */
  #priced() {
    const each = new Map($$("[data-priced]", this.#form).map((row) => [row.dataset.priced, row.dataset.each]));
    for (const line of $$("[data-lines] .line", this.#form)) {
      const price = each.get($(".sku", line).value.trim());
      if (price) $(".price", line).placeholder = price;
    }
  }
}
