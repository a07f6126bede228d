import { headersFor } from "lib/ask.js";
import { unlessLoggedOut } from "lib/http.js";

// A line on which nothing moves for so long is dead, whatever it says.
const STILL_FOR = 30_000;

/** Posts a form and tells how much of it has left, from 0 to 1, which `fetch` does not. Answers a Response; throws when
    the line fails or stands still, or when `signal` calls it off. */
export function upload(url, form, { onProgress = () => {}, signal } = {}) {
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    let still;
    const moved = () => {
      clearTimeout(still);
      still = setTimeout(() => call.abort(), STILL_FOR);
    };
    call.open("POST", url);
    for (const [name, value] of Object.entries({ ...headersFor("POST"), Accept: "application/json" })) call.setRequestHeader(name, value);
    call.upload.addEventListener("progress", ({ loaded, total }) => {
      moved();
      onProgress(total ? loaded / total : 0);
    });
    call.addEventListener("load", () => resolve(unlessLoggedOut(answerOf(call))));
    call.addEventListener("error", () => reject(new TypeError("the line failed")));
    call.addEventListener("abort", () => reject(new TypeError("called off")));
    call.addEventListener("loadend", () => clearTimeout(still));
    signal?.addEventListener("abort", () => call.abort());
    if (signal?.aborted) return reject(new TypeError("called off"));
    moved();
    call.send(form);
  });
}

function answerOf(call) {
  const headers = new Headers();
  for (const name of ["Content-Type", "Retry-After"]) if (call.getResponseHeader(name)) headers.set(name, call.getResponseHeader(name));
  return new Response(call.responseText, { status: call.status, headers });
}
