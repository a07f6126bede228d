/** How times and sizes read in a conversation. */

const pad = (number) => String(number).padStart(2, "0");

export function clock(iso) {
  const date = new Date(iso);
  return `${pad(date.getHours())}:${pad(date.getMinutes())}`;
}

export function dayKey(iso) {
  const date = new Date(iso);
  return `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`;
}

/** 今天, 昨天, 11/08, 2025/11/08. */
export function dayLabel(iso, texts, now = new Date()) {
  const date = new Date(iso);
  const yesterday = new Date(now);
  yesterday.setDate(now.getDate() - 1);
  if (dayKey(iso) === dayKey(now)) return texts.today;
  if (dayKey(iso) === dayKey(yesterday)) return texts.yesterday;
  const short = `${pad(date.getMonth() + 1)}/${pad(date.getDate())}`;
  return date.getFullYear() === now.getFullYear() ? short : `${date.getFullYear()}/${short}`;
}

export function fileSize(bytes) {
  if (!bytes) return "";
  if (bytes < 1024 * 1024) return `${Math.max(1, Math.round(bytes / 1024))} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
