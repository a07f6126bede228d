import { $, $$, clone, debounce, parse, say } from "lib/dom.js";
import { fragment, getJSON } from "lib/http.js";

/** The order form: finds products and customers while one types, and adds up. */
export default class OrderForm {
  #form;

  constructor(form) {
    this.#form = form;
    const search = $("[data-variant-search]", form);
    $("[data-picker]", form).hidden = false;
    search.addEventListener("input", debounce(() => this.#find(search.value), 200));
    search.addEventListener("keydown", (event) => this.#keys(event));
    form.addEventListener("click", (event) => this.#clicked(event));
    form.addEventListener("input", () => this.#total());
    const phone = $("#id_phone", form);
    phone?.addEventListener("change", () => this.#customer(phone.value));
    // What was typed while this was still on its way is looked up, too.
    if (phone && phone.value !== phone.defaultValue) this.#customer(phone.value);
    form.addEventListener("submit", () => ($(".formbar .primary", form).ariaBusy = "true"));
    this.#total();
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
    event.target.closest("[data-remove]")?.closest("li").remove();
    this.#total();
  }

  #add({ sku, name, spec, price, tiers, picture }) {
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
    Object.assign($(".qty", line).dataset, { price, tiers });
    $("[data-lines]", this.#form).append(line);
    $("[data-variant-search]", this.#form).value = "";
    $("#variant-results", this.#form).hidden = true;
    $(".qty", line).select();
  }

  #total() {
    const lines = $$("[data-lines] .line", this.#form);
    let [pieces, sum] = [0, 0];
    this.#prices(lines);
    for (const line of lines) {
      const quantity = Number($(".qty", line).value) || 0;
      pieces += quantity;
      sum += quantity * Number($(".price", line).value || $(".price", line).placeholder || 0) || 0;
    }
    const money = new Intl.NumberFormat("zh-CN", { style: "currency", currency: "CNY" }).format(sum);
    $("[data-total]", this.#form).textContent = say(
      `${lines.length} 款 · ${pieces} 件 · 约 ${money}`,
      `${lines.length} styles · ${pieces} pieces · about ${money}`,
    );
  }

  /** Who buys wholesale pays by the count: the price that a line gets by itself stands in its empty field. */
  #prices(lines) {
    const counts = new Map();
    for (const line of lines) {
      const sku = $(".sku", line).value;
      counts.set(sku, (counts.get(sku) ?? 0) + (Number($(".qty", line).value) || 0));
    }
    for (const line of lines) {
      const { price, tiers } = $(".qty", line).dataset;
      if (!price) continue;
      const steps = "wholesale" in this.#form.dataset && tiers ? tiers.split(",").map((step) => step.split(":")) : [];
      const reached = steps.filter(([least]) => Number(least) <= counts.get($(".sku", line).value)).pop();
      $(".price", line).placeholder = reached?.[1] ?? price;
    }
  }

  /** A known phone fills in who it is and where the last parcel went; what is typed already stays. */
  async #customer(phone) {
    const hint = $("[data-customer-hint]", this.#form);
    const found = await getJSON(`${this.#form.dataset.customers}?${new URLSearchParams({ phone })}`).catch(() => ({}));
    hint.textContent = found.hint ?? "";
    for (const [name, value] of Object.entries(found.fields ?? {})) {
      const input = $(`[name="${CSS.escape(name)}"]`, this.#form);
      if (input && !input.value) input.value = value;
    }
  }
}
