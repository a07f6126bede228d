/** Pictures made smaller where they are taken, before they are sent: a phone's 8 MB become some hundred kB, and upright. */

const LONGEST = 2048;
const MOST_BYTES = 1024 * 1024;
// A picture of a whole page keeps its width, so that its text stays readable: `LONG_FROM` and `LONG_WIDTH` of
// shopcomm/core/pictures/formats.py. Phones draw on no larger canvas than so many pixels.
const LONG_FROM = 2.5;
const LONG_WIDTH = 1440;
const MOST_PIXELS = 16_000_000;
const QUALITIES = [0.86, 0.78, 0.68];
const SMALLER_BY = 0.8;
const TRIES = 8;
// Some browsers do not know what an iPhone calls its pictures.
const PICTURE = /^image\/(jpeg|png|webp|heic|heif|avif|bmp)$/;
const NAMED_PICTURE = /\.(jpe?g|png|webp|heic|heif|avif|bmp)$/i;
const ENDINGS = { "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp" };
// Where the head of a picture that moves says so: drawn again it would stand still.
const HEAD_BYTES = 4096;
const MOVES = /^RIFF[^]{4}WEBP[^]*ANIM|^.PNG[^]*acTL/;

/** Whether a file is a picture that can be made smaller. What moves as a GIF does stays as it is. */
export const isPicture = ({ type = "", name = "" }) => (type ? PICTURE.test(type) : NAMED_PICTURE.test(name));

/** The picture with at most 2,048 pixels a side and 1 MB, turned as it is seen. The file itself when it is small
    enough, moves, or is none that this browser can read. */
export async function reduced(file) {
  if (!isPicture(file) || (await moves(file))) return file;
  const drawn = await read(file).catch(() => null);
  if (!drawn) return file;
  try {
    const size = wanted(drawn.width, drawn.height);
    if (file.size <= MOST_BYTES && size.width === drawn.width && size.height === drawn.height && ENDINGS[file.type]) return file;
    // A JPEG has nothing that shines through.
    const smaller = await draw(drawn, size, file.type !== "image/jpeg");
    return new File([smaller], renamed(file.name, smaller.type), { type: smaller.type, lastModified: file.lastModified });
  } catch {
    return file;
  } finally {
    drawn.close?.();
  }
}

async function moves(file) {
  if (!/webp|png/.test(file.type)) return false;
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  return MOVES.test(String.fromCharCode(...head));
}

/** What can be drawn, as the camera was held. */
async function read(file) {
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    // Older browsers do not know the question, or read this kind in a page only.
    const url = URL.createObjectURL(file);
    const image = Object.assign(new Image(), { src: url });
    await image.decode().finally(() => URL.revokeObjectURL(url));
    return image;
  }
}

function wanted(width, height) {
  const short = Math.min(width, height);
  const long = Math.max(width, height);
  const least = long > LONG_FROM * short ? LONG_WIDTH / short : LONGEST / long;
  const scale = Math.min(1, least, Math.sqrt(MOST_PIXELS / (width * height)));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** Less and less fine, then smaller and smaller, until it is small enough. */
async function draw(source, size, mayShine) {
  const canvas = document.createElement("canvas");
  let found;
  for (let round = 0; round < TRIES; round += 1) {
    const scale = SMALLER_BY ** round;
    Object.assign(canvas, { width: Math.max(1, Math.round(size.width * scale)), height: Math.max(1, Math.round(size.height * scale)) });
    for (const way of paint(canvas, source, mayShine)) {
      found = await written(canvas, ...way);
      if (found && found.size <= MOST_BYTES) return found;
    }
  }
  return found;
}

/** Draws it; answers the ways to write it down, the best first. What shines through stays so. */
function paint(canvas, source, mayShine) {
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.drawImage(source, 0, 0, canvas.width, canvas.height);
  if (mayShine && shinesThrough(pen.getImageData(0, 0, canvas.width, canvas.height).data)) return [["image/png"], ["image/webp", QUALITIES[0]]];
  return QUALITIES.map((quality) => ["image/jpeg", quality]);
}

function shinesThrough(pixels) {
  for (let at = 3; at < pixels.length; at += 4) if (pixels[at] < 255) return true;
  return false;
}

/** A browser that does not write a kind writes PNG instead. */
const written = (canvas, type, quality) => new Promise((done) => canvas.toBlob(done, type, quality));

const renamed = (name, type) => `${(name ?? "").replace(/\.[^.]*$/, "") || "picture"}.${ENDINGS[type]}`;
