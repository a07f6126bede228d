/** How times and sizes read in a conversation. */
import { dayNumber, parts } from "lib/zone.js";

export function clock(iso) {
  const { hour, minute } = parts(iso);
  return `${hour}:${minute}`;
}

export const dayKey = (iso) => String(dayNumber(iso));

/** 今天, 昨天, 11/08, 2025/11/08. */
export function dayLabel(iso, texts, now = new Date()) {
  const days = dayNumber(now) - dayNumber(iso);
  if (days === 0) return texts.today;
  if (days === 1) return texts.yesterday;
  const { year, month, day } = parts(iso);
  return year === parts(now).year ? `${month}/${day}` : `${year}/${month}/${day}`;
}

/** 2026/11/08 15:04 */
export function fullTime(iso) {
  const { year, month, day, hour, minute } = parts(iso);
  return `${year}/${month}/${day} ${hour}:${minute}`;
}

export function fileSize(bytes) {
  if (!bytes) return "";
  if (bytes < 1024 * 1024) return `${Math.max(1, Math.round(bytes / 1024))} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
