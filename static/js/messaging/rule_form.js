import { $, $$, debounce, parse } from "lib/dom.js";
import { request } from "lib/http.js";

const TIMERS = ["unpaid", "picking_long", "unanswered", "debt_due", "debt_overdue"];

/** The rule's form: shows only what its trigger and audience ask for, and tries it out while it is written. */
export default class RuleForm {
  #form;
  #asked = 0;
  #tryLater = debounce(() => this.#try(), 350);

  constructor(form) {
    this.#form = form;
    form.addEventListener("input", () => this.#tryLater());
    form.addEventListener("change", () => this.#show());
    form.addEventListener("click", (event) => this.#clicked(event));
    $("[role=tablist]", form).addEventListener("keydown", (event) => this.#arrow(event));
    $("[data-goto]", form)?.addEventListener("change", (event) => location.assign(event.target.value));
    this.#show();
    // What was typed while this was still on its way is tried, too.
    if ($$("textarea", form).some((field) => field.value !== field.defaultValue)) this.#try();
  }

  #show() {
    const trigger = this.#form.elements.trigger.value;
    const audience = this.#form.elements.audience.value;
    const shown = { timer: TIMERS.includes(trigger), unpaid: trigger === "unpaid", role: audience === "role", person: audience === "person" };
    for (const field of $$("[data-only]", this.#form)) field.hidden = !shown[field.dataset.only];
  }

  #clicked(event) {
    const tab = event.target.closest("[data-language]");
    if (tab) this.#turnTo(tab);
    const word = event.target.closest("[data-word]");
    if (word) this.#insert(word);
  }

  #arrow(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    const tabs = $$("[data-language]", this.#form);
    const next = tabs.at((tabs.indexOf(document.activeElement) + step) % tabs.length);
    this.#turnTo(next);
    next.focus();
  }

  #turnTo(tab) {
    for (const each of $$("[data-language]", this.#form)) {
      const chosen = each === tab;
      each.setAttribute("aria-selected", String(chosen));
      each.tabIndex = chosen ? 0 : -1;
      document.getElementById(each.getAttribute("aria-controls")).hidden = !chosen;
    }
    this.#form.elements.language.value = tab.dataset.language;
    this.#try();
  }

  #insert(word) {
    const language = this.#form.elements.language.value;
    const panel = document.getElementById(`words-${language}`);
    const last = panel.contains(this.#written) ? this.#written : $("textarea", panel);
    const name = language === "en" ? word.dataset.wordEn : word.dataset.word;
    last.setRangeText(`{{${name}}}`, last.selectionStart, last.selectionEnd, "end");
    last.focus();
    this.#tryLater();
  }

  get #written() {
    return document.activeElement?.matches("textarea") ? document.activeElement : null;
  }

  async #try() {
    const asked = ++this.#asked;
    const answer = await request(this.#form.dataset.try, { method: "POST", body: new FormData(this.#form) }).catch(() => null);
    if (!answer?.ok || asked !== this.#asked) return;
    const found = parse(await answer.text());
    for (const name of ["preview", "clock", "words"]) {
      $(`[data-${name}-here]`, this.#form).replaceChildren(...$(`[data-${name}]`, found).childNodes);
    }
  }
}
