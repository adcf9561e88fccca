// Served at the root (labelhub/offline.py). It keeps one page: that the hub cannot be reached. Nothing that a person
// sees after signing in is ever kept, and nothing is answered from here while the hub answers.
const KEPT = "offline-VERSION";
const PAGE = "/offline";
const PARTS = [PAGE, "/static/css/base.css", "/static/css/offline.css", "/static/icons/favicon.svg", "/static/js/offline.js"];

self.addEventListener("install", (event) => {
  // Without cookies: the page is the same for everybody.
  const requests = PARTS.map((path) => new Request(path, { credentials: "omit", cache: "reload" }));
  event.waitUntil(caches.open(KEPT).then((kept) => kept.addAll(requests)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const drop = (names) => Promise.all(names.filter((name) => name !== KEPT).map((name) => caches.delete(name)));
  event.waitUntil(caches.keys().then(drop).then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match(PAGE)));
  } else if (PARTS.includes(url.pathname)) {
    event.respondWith(fetch(request).catch(() => caches.match(url.pathname)));
  }
});
