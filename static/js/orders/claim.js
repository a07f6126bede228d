/** Says while a claim is filled in what would be paid back for it. The server decides; this is an estimate. */

export default class Claim {
  #form;
  #sum;

  constructor(form) {
    this.#form = form;
    this.#sum = form.querySelector("[data-sum]");
    if (!this.#sum) return;
    form.addEventListener("input", () => this.#show());
    this.#show();
  }

  #show() {
    let cents = 0;
    for (const row of this.#form.querySelectorAll("[data-claim]")) {
      cents += Math.round(Number(row.dataset.claim) * 100) * (Number(row.querySelector("input").value) || 0);
    }
    const most = Math.round(Number(this.#sum.dataset.most) * 100);
    const format = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
    this.#sum.textContent = this.#sum.dataset.zero.replace("0.00", (Math.min(cents, most) / 100).toLocaleString("zh-CN", format));
  }
}
