/** Has the service worker, where there is one and the browser can, send what is unsent after this page is gone. */
export async function sendLater() {
  try {
    const worker = await navigator.serviceWorker?.getRegistration("/");
    await worker?.sync?.register("outbox");
  } catch { /* not allowed here: what is unsent goes out at the next visit */ }
}
