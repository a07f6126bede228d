const FIELDS = "input:not([type=hidden], [type=file], [type=password]), textarea, select";

const fields = (part) => [...part.querySelectorAll(FIELDS)];

// Two forms of a part may go to one address; the field's own id tells them apart.
const key = (field) => `${field.form?.getAttribute("action") ?? ""} ${field.name} ${field.id}`;

const chosen = (select) => [...select.options].some((option) => option.selected !== option.defaultSelected);

const touched = (field) => {
  if (field.tagName === "SELECT") return chosen(field) && field.selectedIndex > 0;
  return /checkbox|radio/.test(field.type) ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
};

/** What somebody has typed into a part of the page and not sent yet; the answer puts it into the part's new version. */
export function keepTyped(part) {
  const active = document.activeElement;
  const kept = fields(part)
    .filter((field) => (field.name || field.id) && (touched(field) || field === active))
    .map((field) => ({ field, same: key(field), typed: touched(field), focused: field === active }));
  return (fresh) => {
    for (const one of kept) put(fields(fresh).filter((field) => key(field) === one.same), one);
  };
}

function put(same, { field: old, typed, focused }) {
  const field = /checkbox|radio/.test(old.type) ? same.find((each) => each.value === old.value) : same[0];
  if (!field) return;
  if (typed && /checkbox|radio/.test(field.type)) field.checked = old.checked;
  else if (typed) field.value = old.value;
  for (let box = field.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  if (focused) field.focus();
}
