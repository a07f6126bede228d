import { say } from "lib/dom.js";
import { every } from "lib/modules.js";
import { dayNumber, parts } from "lib/zone.js";

/** 刚刚, 5 分钟前, 15:04, 昨天 17:42, 11/08 16:20, then 2025/11/08: as `{% when %}` renders it. */
export function relative(value, now = new Date()) {
  const date = value instanceof Date ? value : new Date(value);
  const seconds = (now - date) / 1000;
  if (seconds >= 0 && seconds < 60) return say("刚刚", "just now");
  if (seconds >= 0 && seconds < 3600) {
    const minutes = Math.floor(seconds / 60);
    return say(`${minutes} 分钟前`, `${minutes} min ago`);
  }
  const days = dayNumber(now) - dayNumber(date);
  const { year, month, day } = parts(date);
  if (days === 0) return clock(date);
  if (days === 1) return say(`昨天 ${clock(date)}`, `yesterday ${clock(date)}`);
  return year === parts(now).year ? `${month}/${day} ${clock(date)}` : `${year}/${month}/${day}`;
}

/** 15:04 */
export function clock(value) {
  const { hour, minute } = parts(value);
  return `${hour}:${minute}`;
}

function refresh() {
  const now = new Date();
  for (const element of document.querySelectorAll("time[data-when]")) {
    const text = relative(element.dateTime, now);
    if (element.textContent !== text) element.textContent = text;
  }
}

/** The moment to the second, by the shop's clock, for whoever points at it. */
function tellExactly({ target }) {
  const time = target.closest("time[data-when]");
  if (time && !time.title) time.title = time.dateTime.slice(0, "2026-11-30T21:05:24".length).replace("T", " ");
}

/** Keeps every <time data-when> of the page current. */
export default class Times {
  constructor(body, signal) {
    every(30_000, refresh, signal);
    body.addEventListener("pointerover", tellExactly);
  }
}
