/** Has the service worker, where there is one and the browser can, send what is unsent after this page is gone. */
export async function sendLater() {
  try {
    const worker = await navigator.serviceWorker?.getRegistration("/");
    await worker?.sync?.register("outbox");
  } catch { /* not allowed here: what is unsent goes out at the next visit */ }
}

/** While somebody looks at this page it sends by itself, and the worker leaves its rows to it: no picture goes twice
    over a slow line. Who turns away leaves them to the worker. */
export function sendHere(owner, isUnsent, signal) {
  let letGo = () => {};
  const isSeen = () => document.visibilityState === "visible";
  const hold = () => isSeen() && !signal.aborted && new Promise((done) => { letGo = done; });
  const look = () => {
    letGo();
    if (isSeen()) navigator.locks?.request(`outbox ${owner}`, { mode: "shared" }, hold).catch(() => {});
    else if (isUnsent()) sendLater();
  };
  look();
  document.addEventListener("visibilitychange", look, { signal });
  signal.addEventListener("abort", () => letGo());
}
