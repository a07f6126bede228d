import { $ } from "lib/dom.js";

const OTHER_NAMES = { name: "receiver_name", phone: "receiver_phone" };

/** Fills a form with what a link carries behind `#`, which no server and no log ever sees. Nothing is sent by it. */
export default class Prefill {
  constructor(form) {
    const given = new URLSearchParams(location.hash.slice(1));
    if (!given.has("street")) return;
    for (const [name, value] of given) {
      const field = $(`[name="${CSS.escape(OTHER_NAMES[name] ?? name)}"]`, form) ?? $(`[name="${CSS.escape(name)}"]`, form);
      // A district that is not named is none; a name that is not given stays whose it was.
      if (field && (value || name === "district")) field.value = value;
    }
    const pick = $('[name="pick"][value="address"]');
    if (pick) pick.checked = true;
    form.querySelector("[name=street]")?.focus();
    history.replaceState(null, "", location.pathname + location.search);
  }
}
