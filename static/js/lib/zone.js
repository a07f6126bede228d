/** The shop's clock: a browser abroad shows the same times as the one in the shop. */

const zone = document.documentElement.dataset.zone || "Asia/Shanghai";
const format = new Intl.DateTimeFormat("en-CA", {
  timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
});

/** { year, month, day, hour, minute } as two-digit texts (the year with four), in the shop's zone. */
export function parts(value) {
  const date = value instanceof Date ? value : new Date(value);
  return Object.fromEntries(format.formatToParts(date).map((part) => [part.type, part.value]));
}

/** The day as a number that grows by one each day. */
export function dayNumber(value) {
  const { year, month, day } = parts(value);
  return Date.UTC(Number(year), Number(month) - 1, Number(day)) / 86_400_000;
}
