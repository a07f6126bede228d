/** Sums that follow the quantities of a form: each line at retail, or at the wholesale step it has reached. */

export default class Sums {
  #form;
  #wholesale;
  #format = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

  constructor(form) {
    this.#form = form;
    this.#wholesale = form.dataset.wholesale === "yes";
    form.addEventListener("input", () => this.#count());
    // What was typed while this was still on its way counts, too.
    this.#count();
  }

  /** In hundredths, so that nothing is rounded on the way. */
  #count() {
    let total = 0;
    for (const line of this.#form.querySelectorAll("[data-line]")) {
      const pieces = Math.max(0, Math.trunc(Number(line.querySelector("input").value)) || 0);
      const each = this.#price(line, pieces);
      total += each * pieces;
      line.querySelector("[data-each]").textContent = this.#money(each);
      line.querySelector("[data-amount]").textContent = this.#money(each * pieces);
    }
    this.#form.querySelector("[data-total]").textContent = this.#money(total);
  }

  #price(line, pieces) {
    let price = line.dataset.price;
    if (this.#wholesale) {
      for (const step of line.dataset.tiers.split(";").filter(Boolean)) {
        const [from, tier] = step.split(":");
        if (pieces >= Number(from)) price = tier;
      }
    }
    return Math.round(Number(price) * 100);
  }

  #money(hundredths) {
    return `¥${this.#format.format(hundredths / 100)}`;
  }
}
