/** What the log shows of a file: a picture, a player, or its name to save it by. */

import { fileSize } from "messaging/format.js";

// A long picture's small copy is its beginning; `LONG_FROM` of shopcomm/core/pictures/formats.py.
const LONG_FROM = 2.5;
const WIDEST = 320;
// What browsers play themselves.
const PLAYED = /^(video\/(mp4|quicktime)|audio\/(mp4|mpeg|ogg|wav))$/;

const address = (file) => file.url ?? `/attachments/${file.id}/`;

/** The elements for one file; `part` gives a copy of a part of the pane's template. */
export function fileView(file, part, texts) {
  if (file.state === "pending") return [pending(file, part, texts)];
  if (file.kind === "image") return [photo(file, part, texts)];
  if (PLAYED.test(file.mime)) return [player(file, part), named(file, part, texts)];
  return [named(file, part, texts)];
}

/** Still being drawn: `messaging/late_pictures.js` asks for it until it is there. */
function pending(file, part, texts) {
  const place = part("pending");
  place.dataset.pending = file.id;
  place.querySelector("[data-text]").textContent = texts.pictureWaiting;
  return place;
}

function photo(file, part, texts) {
  const button = part("photo");
  const image = button.querySelector("img");
  Object.assign(image, shownSize(file));
  image.alt = file.name ? `${texts.image} ${file.name}` : texts.image;
  // A picture that the server cannot give now is said to be so, and stays within reach by its name.
  // One that is still to be sent and that this browser cannot show is its name and nothing to complain of.
  image.addEventListener("error", () => button.replaceWith(named(file, part, texts, file.blob ? "" : texts.pictureLost)));
  image.src = file.thumbnail_url ?? file.thumbnail ?? address(file);
  button.dataset.full = address(file);
  return button;
}

function shownSize({ width, height }) {
  if (!width || !height) return {};
  const wide = Math.min(width, Math.round(height * LONG_FROM), WIDEST);
  return { width: wide, height: Math.round(wide * Math.min(height / width, LONG_FROM)) };
}

function player(file, part) {
  const element = part(file.mime.startsWith("video/") ? "video" : "audio");
  element.src = address(file);
  element.setAttribute("aria-label", file.name);
  return element;
}

function named(file, part, texts, word = file.state === "failed" ? texts.pictureFailed : "") {
  const link = part("file");
  link.querySelector("[data-file-name]").textContent = file.name;
  link.querySelector("[data-file-size]").textContent = [word, fileSize(file.size)].filter(Boolean).join(" · ");
  if (file.id) link.href = address(file);
  link.setAttribute("download", file.name);
  return link;
}
