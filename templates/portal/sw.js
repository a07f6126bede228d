{% load static %}/* The service worker: keeps the last state of the customer's own pages and the files they need, sends what was
   written without a network, wakes for notices and opens the page they are about. */
importScripts("{% static 'worker/shelf.js' %}", "{% static 'worker/outbox.js' %}");

const shelf = new self.Shelf("{{ version }}", {{ files|safe }}, "{% url 'portal:offline' %}");

self.addEventListener("install", (event) => {
  event.waitUntil(shelf.fill().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    Promise.all([self.registration.navigationPreload?.enable(), self.clients.claim(), shelf.clear()]),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith("/static/")) event.respondWith(shelf.file(request));
  else if (request.mode === "navigate" && /^\/(o|my)\//.test(url.pathname)) {
    event.respondWith(shelf.page(request, event.preloadResponse));
  }
});

self.addEventListener("sync", (event) => {
  if (event.tag === "outbox") event.waitUntil(self.sendUnsent());
});

/* A page that was loaded before the worker was there, or changed since, asks to be kept as it is now. */
self.addEventListener("message", (event) => {
  if (event.data?.type === "keep") event.waitUntil(shelf.renew(event.source.url).catch(() => {}));
});

self.addEventListener("push", (event) => {
  let notice = {};
  try {
    notice = event.data?.json() ?? {};
  } catch {
    notice = { body: event.data?.text() ?? "" };
  }
  const { title = "ShopComm", body = "", url = "/", tag } = notice;
  event.waitUntil(
    Promise.all([self.registration.showNotification(title, { body, tag, data: { url } }), shelf.tidy()]),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = new URL(event.notification.data?.url ?? "/", self.location.origin);
  // A notice never leads off the site.
  const target = url.origin === self.location.origin ? url.href : self.location.origin;
  event.waitUntil(open(target));
});

async function open(url) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const known = pages.find((page) => page.url === url) ?? pages[0];
  if (!known) return self.clients.openWindow(url);
  await known.focus();
  return known.url === url ? known : known.navigate(url);
}
