import { el, say } from "lib/dom.js";
import { fieldsOf, isTouched, standingForm } from "lib/typed.js";

/* A form that cannot be sent now is kept, with what was typed into it, in place of the browser's error page. Whether
   there is a line is asked just before; what the line loses after that is filled in again when one comes back. */
const KEY = "kept-form";
const ANSWER_WITHIN = 6_000;
const TRY_EVERY = 5_000;

export default class KeptForms {
  #asking = new WeakSet();
  #passed = new WeakSet();
  #timer = 0;

  constructor(body, signal) {
    document.addEventListener("submit", (event) => this.#submitted(event), { signal });
    this.#fillIn();
  }

  #submitted(event) {
    const form = event.target;
    // What a script sends by itself keeps its form; a question loses nothing.
    if (event.defaultPrevented || !isPostedHere(form)) return;
    if (this.#passed.delete(form)) return;
    event.preventDefault();
    if (!this.#asking.has(form)) this.#send(form, event.submitter);
  }

  async #send(pressed, by) {
    this.#asking.add(pressed);
    by?.setAttribute("aria-busy", "true");
    this.#keep(pressed);
    const there = await isThere();
    this.#asking.delete(pressed);
    by?.setAttribute("aria-busy", "false");
    // The page may have been renewed meanwhile: what was pressed is sent all the same, unless it is not offered any more.
    const form = standingForm(pressed);
    const submitter = form && by && standingButton(form, by);
    if (!form) return;
    clearInterval(this.#timer);
    if (!there) return this.#wait(form, submitter);
    note(form)?.remove();
    this.#keep(form, { sent: true });
    this.#passed.add(form);
    form.requestSubmit(submitter);
    // Something else had an objection: the next press is asked about again.
    this.#passed.delete(form);
  }

  /** Said beside the button; sent by itself as soon as there is a line, unless somebody thinks better of it. */
  #wait(form, submitter) {
    const known = note(form);
    if (!known) {
      const stop = el("button", { type: "button", className: "btn small" }, say("先不提交", "Do not send"));
      stop.addEventListener("click", () => { clearInterval(this.#timer); store(null); note(form)?.remove(); });
      const text = say("没有网络，还没有提交。填写的内容都在，恢复后自动提交", "No network, not sent yet. What you filled in is kept and sent when there is one");
      const bar = el("p", { className: "banner warn", role: "alert", dataset: { kept: "" } }, el("span", { className: "grow" }, text), stop);
      (submitter?.closest(".cbar, .formbar, .row") ?? submitter ?? form.lastElementChild).before(bar);
      bar.scrollIntoView({ block: "nearest" });
    }
    this.#timer = setInterval(() => !document.hidden && this.#send(form, submitter), TRY_EVERY);
    window.addEventListener("online", () => note(form) && this.#send(form, submitter), { once: true });
  }

  #keep(form, { sent = false } = {}) {
    const values = fieldsOf(form).filter(isTouched).map((field) => [field.name, field.value, field.checked ?? false]);
    store({ sent, path: location.pathname, action: form.getAttribute("action") ?? "", values });
  }

  /** On the page of a form that could not leave, or from which the line lost one: as it was. What comes next after that
      page is the form's answer: then it was sent. */
  #fillIn() {
    const kept = stored();
    if (!kept) return;
    const [entry] = performance.getEntriesByType("navigation");
    const comesFrom = document.referrer && new URL(document.referrer).pathname;
    if (kept.sent && comesFrom === kept.path && entry?.type !== "back_forward") return store(null);
    if (kept.path !== location.pathname) return;
    store(null);
    const form = [...document.forms].find((each) => (each.getAttribute("action") ?? "") === kept.action);
    for (const [name, value, checked] of form ? kept.values : []) {
      const field = fieldsOf(form).find((each) => each.name === name && (!/checkbox|radio/.test(each.type) || each.value === value));
      if (!field) continue;
      if (/checkbox|radio/.test(field.type)) field.checked = checked;
      else field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
}

/** By its attributes: a field of the form may be called `method` or `action`. */
const isPostedHere = (form) =>
  form.getAttribute("method")?.toLowerCase() === "post" &&
  new URL(form.getAttribute("action") ?? "", location.href).origin === location.origin;

const standingButton = (form, button) =>
  button.isConnected ? button : [...form.elements].find((each) => each.type === "submit" && each.name === button.name && each.value === button.value);

const note = (form) => form.querySelector("[data-kept]");

/** Whether our server answers. */
async function isThere() {
  if (!navigator.onLine) return false;
  const asked = fetch("/healthz", { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(ANSWER_WITHIN) });
  return asked.then(() => true, () => false);
}

function store(kept) {
  try {
    if (kept) sessionStorage.setItem(KEY, JSON.stringify(kept));
    else sessionStorage.removeItem(KEY);
  } catch { /* no storage: kept as long as the page is */ }
}

function stored() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null;
  }
}
