// [data-live=SECONDS] elements ask for their fragment when the hub says that something changed (Server-Sent Events),
// and every so many seconds, more rarely while the stream is open. A fragment that says the same is not swapped in, so
// that focus, selection and screen readers are left alone. A hub that does not answer is said to be lost.
const live = [...document.querySelectorAll("[data-live]")];
const lost = document.querySelector("[data-lost]");
const shown = new WeakMap();
const due = new WeakMap();
const CALMER = 5; // while the stream is open
const GATHER = 120; // ms: a burst of events is one question

let stream = null;
let streaming = false;
let gathering = 0;

function ask(element) {
  const own = Number(element.querySelector("[data-every]")?.dataset.every ?? element.dataset.live);
  const seconds = streaming && own > 1 ? own * CALMER : own;
  due.set(element, Date.now() + seconds * 1000);
  htmx.trigger(element, "hub:changed");
}

function listen() {
  if (stream || document.hidden || !("EventSource" in window)) return;
  stream = new EventSource("/api/events");
  stream.onopen = () => { streaming = true; };
  stream.onerror = () => {
    streaming = false;
    // A refusal is final for EventSource; asking goes on without it.
    if (stream.readyState === EventSource.CLOSED) stream = undefined;
  };
  stream.onmessage = () => {
    clearTimeout(gathering);
    gathering = setTimeout(() => live.forEach(ask), GATHER);
  };
}

function hush() {
  stream?.close();
  stream = null;
  streaming = false;
}

function essence(html) {
  return html
    .replace(/(<time[^>]*data-ago[^>]*>)[^<]*/g, "$1")
    .replace(/name="csrfmiddlewaretoken" value="[^"]*"/g, "");
}

if (live.length) {
  setInterval(() => {
    if (document.hidden) return;
    const now = Date.now();
    for (const element of live) if (now >= (due.get(element) ?? 0)) ask(element);
  }, 250);
  for (const element of live) due.set(element, Date.now() + Number(element.dataset.live) * 1000);
  listen();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return hush();
    live.forEach(ask);
    listen();
  });
  // An open stream keeps a page out of the back/forward cache, and a hub from stopping.
  addEventListener("pagehide", hush);
  addEventListener("pageshow", (event) => event.persisted && listen());
}

document.addEventListener("htmx:beforeSwap", (event) => {
  const { elt, xhr } = event.detail;
  if (xhr.responseURL && new URL(xhr.responseURL).pathname === "/sign-in") {
    // Signed out elsewhere. What is typed into a form stays where it is; it is asked to sign in when it is sent.
    event.detail.shouldSwap = false;
    if (elt.matches?.("[data-live]")) location.reload();
    return;
  }
  if (!elt.matches?.("[data-live]")) return;
  const fresh = essence(event.detail.serverResponse);
  if (shown.get(elt) === fresh) event.detail.shouldSwap = false;
  else shown.set(elt, fresh);
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (!event.detail.elt.matches?.("[data-live]")) return;
  const answered = Boolean(event.detail.xhr?.status && event.detail.xhr.status < 500);
  lost.hidden = answered;
  if (answered && stream === null) listen();
});
