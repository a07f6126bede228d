import { say } from "lib/dom.js";

const two = (number) => String(number).padStart(2, "0");
const day = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

/** 刚刚, 5 分钟前, 15:04, 昨天 17:42, 11/08 16:20, then 2025/11/08: as `{% when %}` renders it. */
export function relative(value, now = new Date()) {
  const date = value instanceof Date ? value : new Date(value);
  const seconds = (now - date) / 1000;
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (seconds >= 0 && seconds < 60) return say("刚刚", "just now");
  if (seconds >= 0 && seconds < 3600) {
    const minutes = Math.floor(seconds / 60);
    return say(`${minutes} 分钟前`, `${minutes} min ago`);
  }
  const days = Math.round((day(now) - day(date)) / 86_400_000);
  if (days === 0) return clock;
  if (days === 1) return say(`昨天 ${clock}`, `yesterday ${clock}`);
  const short = `${two(date.getMonth() + 1)}/${two(date.getDate())}`;
  return date.getFullYear() === now.getFullYear() ? `${short} ${clock}` : `${date.getFullYear()}/${short}`;
}

/** 15:04 */
export function clock(value) {
  const date = new Date(value);
  return `${two(date.getHours())}:${two(date.getMinutes())}`;
}

function refresh() {
  const now = new Date();
  for (const element of document.querySelectorAll("time[data-when]")) {
    const text = relative(element.dateTime, now);
    if (element.textContent !== text) element.textContent = text;
  }
}

/** Keeps every <time data-when> of the page current. */
export default class Times {
  constructor() {
    setInterval(refresh, 30_000);
  }
}
