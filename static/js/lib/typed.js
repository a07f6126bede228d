const FIELDS = "input:not([type=hidden], [type=file], [type=password]), textarea, select";

// What stays itself when its part is renewed; pictures to send are shown in a box around their field.
const STAYS = "[data-photos], input[type=file][name]";

/** What somebody can fill in, in a part of the page. */
export const fieldsOf = (part) => [...part.querySelectorAll(FIELDS)];

// What was typed into a field that a renewed part has no more, until the field is there again.
const aside = new Map();

// Two forms of a part may go to one address; the field's own id tells them apart.
const key = (field) => `${field.form?.getAttribute("action") ?? ""} ${field.name} ${field.id}`;

const stayKey = (each) =>
  each.matches("[data-photos]") ? `${each.closest("form")?.getAttribute("action") ?? ""} ${each.dataset.photos}` : key(each);

const chosen = (select) => {
  const offered = [...select.options].findIndex((option) => option.defaultSelected);
  return select.selectedIndex !== Math.max(offered, 0);
};

/** Whether a field is not as the page came with it. */
export const isTouched = (field) => {
  if (field.tagName === "SELECT") return chosen(field);
  return /checkbox|radio/.test(field.type) ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
};

/** The field that stands where this one stood: a part that was renewed meanwhile holds a new one. Null when it has none. */
export const standingField = (field) =>
  field.isConnected ? field : fieldsOf(document).find((each) => key(each) === key(field)) ?? null;

/** The form that stands where this one stood, known by where it goes and by its fields. Null when there is none. */
export function standingForm(form) {
  const same = (each) => each.getAttribute("action") === form.getAttribute("action") && names(each) === names(form);
  return form.isConnected ? form : [...document.forms].find(same) ?? null;
}

const names = (form) => fieldsOf(form).map((field) => `${field.name} ${field.id}`).join();

let composing = false;
document.addEventListener("compositionstart", () => { composing = true; });
document.addEventListener("compositionend", () => { composing = false; });

/** When no word is half spelled in an input method: to renew the page under one would leave its letters behind. */
export const spelled = () =>
  composing ? new Promise((done) => document.addEventListener("compositionend", () => setTimeout(done), { once: true })) : Promise.resolve();

// What folds out is known by the form in it and by what it is called: two lines of one order fold out the same.
// One whose words or forms change says its name.
const fold = (box) =>
  box.dataset.fold ?? `${box.querySelector("form")?.getAttribute("action") ?? ""} ${box.querySelector("summary")?.textContent.trim()}`;

// The part itself may be one.
const foldsOf = (part) => [...(part.matches?.("details") ? [part] : []), ...part.querySelectorAll("details")];

/** What somebody has typed into a part of the page, or folded out of it; the answer puts it into the part's new version. */
export function keepTyped(part) {
  const active = document.activeElement;
  const boxes = foldsOf(part);
  const open = boxes.filter((box) => box.open).map(fold);
  const shut = boxes.filter((box) => !box.open).map(fold);
  const held = active?.matches("summary") && part.contains(active) ? fold(active.parentElement) : null;
  // Nobody can write into a field of files, and while somebody chooses some it is this one that they will be in, with
  // nothing to tell so: it is itself what stays. So is what shows pictures that are on their way.
  const stays = [...part.querySelectorAll(STAYS)].filter((each) => !each.parentElement.closest(STAYS));
  const kept = fieldsOf(part)
    .filter((field) => (field.name || field.id) && (isTouched(field) || field === active))
    .map((field) => ({ field, same: key(field), typed: isTouched(field), focused: field === active, caret: caretOf(field) }));
  return (fresh) => {
    for (const box of foldsOf(fresh)) {
      if (open.includes(fold(box))) box.open = true;
      else if (shut.includes(fold(box))) box.open = false;
      if (fold(box) === held) box.querySelector("summary").focus();
    }
    for (const old of stays) [...fresh.querySelectorAll(STAYS)].find((each) => stayKey(each) === stayKey(old))?.replaceWith(old);
    for (const one of kept) {
      const same = fieldsOf(fresh).filter((field) => key(field) === one.same);
      if (same.length) put(same, one);
      else if (one.typed && !/checkbox|radio/.test(one.field.type)) aside.set(one.same, one.field.value);
    }
    putBack(fresh);
  };
}

/** Keeps a value for a field that is not on the page yet: it is put in as soon as the field is. */
export function keepFor({ action, name, id = "" }, value) {
  aside.set(`${action} ${name} ${id}`, value);
}

function putBack(fresh) {
  if (!aside.size) return;
  for (const field of fieldsOf(fresh)) {
    if (!aside.has(key(field))) continue;
    if (!isTouched(field)) field.value = aside.get(key(field));
    aside.delete(key(field));
  }
}

/** Where the caret stands, in fields that have one. */
const caretOf = (field) => (field.selectionStart === null ? null : [field.selectionStart, field.selectionEnd]);

function put(same, { field: old, typed, focused, caret }) {
  const field = /checkbox|radio/.test(old.type) ? same.find((each) => each.value === old.value) : same[0];
  if (!field) return;
  if (typed && /checkbox|radio/.test(field.type)) field.checked = old.checked;
  else if (typed) field.value = old.value;
  for (let box = field.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  if (!focused) return;
  field.focus();
  if (caret?.[0] !== undefined) field.setSelectionRange?.(...caret);
}
