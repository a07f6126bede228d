/** Pictures and files: chosen, pasted or dropped; uploaded just before the message that carries them. */

import { isPicture, reduced } from "lib/reduced.js";
import { upload as uploadForm } from "lib/upload.js";
import { Later } from "messaging/lane.js";
import { Refused } from "messaging/outbox.js";

const isShown = (file) => isPicture(file) || file.type === "image/gif";

/** One unsent message for each file, with its content, so that it survives a reload. */
export function records(files, base) {
  return [...files].map((file) => {
    const kind = isShown(file) ? "image" : "file";
    const part = { kind, name: file.name || "picture.png", size: file.size, mime: file.type, blob: file };
    return { ...base, kind, body: "", files: [part] };
  });
}

/** Uploads what of a record has no id yet, pictures made smaller first. `how`: save, onProgress, signal. */
export async function upload(record, page, how) {
  for (const file of record.files ?? []) {
    if (file.id) continue;
    await makeSmaller(file);
    // Said before it has crept over a slow line.
    if (file.size > page.largest_file) throw new Refused(page.texts.tooLarge, { never: true });
    file.id = (await send(file, page, how)).id;
    await how.save();
  }
  record.attachments = (record.files ?? []).map((file) => file.id);
}

/** Once: what failed on the way is not drawn again. */
async function makeSmaller(file) {
  if (file.reduced || file.kind !== "image") return;
  const given = file.blob instanceof File ? file.blob : new File([file.blob], file.name, { type: file.mime });
  const smaller = await reduced(given);
  Object.assign(file, { reduced: true, blob: smaller, name: smaller.name || file.name, size: smaller.size, mime: smaller.type });
}

async function send(file, page, { onProgress, signal }) {
  const form = new FormData();
  form.append("file", file.blob, file.name);
  form.append("conversation", page.conversation);
  return readAnswer(await uploadForm(page.urls.attachments, form, { onProgress, signal }), page.texts);
}

/** The JSON of an answer; a refusal or a wait as the error the outbox understands. */
export async function readAnswer(response, texts) {
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const again = Number(response.headers.get("Retry-After"));
  if (response.status === 429) throw new Later(again || 5, answer.detail);
  // The server says itself why it cannot just now; anything else of this kind is the network's.
  if (response.status === 503 && again && answer.detail) throw new Later(again, answer.detail);
  if (response.status >= 500 || response.status === 408) throw new Error(`status ${response.status}`);
  throw new Refused(answer.detail || answer.title || texts.refused, { never: [413, 415].includes(response.status) });
}

/** Listens for files: those chosen by a button go to `onChosen`, those pasted or dropped to `onGiven`. */
export function listen(root, { onChosen, onGiven }) {
  for (const input of root.querySelectorAll("[data-files-input]")) {
    input.addEventListener("change", () => { onChosen(input.files); input.value = ""; });
  }
  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-files-pick]");
    if (button) root.querySelector(`[data-files-input="${button.dataset.filesPick}"]`).click();
  });
  root.addEventListener("paste", (event) => {
    if (!event.clipboardData?.files.length) return;
    event.preventDefault();
    onGiven(event.clipboardData.files);
  });
  root.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    root.classList.add("chat--drop");
  });
  root.addEventListener("dragleave", (event) => {
    if (!root.contains(event.relatedTarget)) root.classList.remove("chat--drop");
  });
  root.addEventListener("drop", (event) => {
    root.classList.remove("chat--drop");
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    onGiven(event.dataTransfer.files);
  });
}
