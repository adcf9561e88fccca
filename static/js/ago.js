// Keeps every <time data-ago> true without asking the server.
const language = document.documentElement.lang || "en";
const words = {
  en: { s: "s ago", m: "min ago", h: "h ago", d: ["day ago", "days ago"], before: "" },
  de: { s: "s", m: "min", h: "h", d: ["Tag", "Tagen"], before: "vor " },
}[language] || null;

function inWords(seconds) {
  if (seconds < 60) return `${words.before}${seconds} ${words.s}`;
  if (seconds < 3600) return `${words.before}${Math.floor(seconds / 60)} ${words.m}`;
  if (seconds < 86400) return `${words.before}${Math.floor(seconds / 3600)} ${words.h}`;
  const days = Math.floor(seconds / 86400);
  return `${words.before}${days} ${words.d[days === 1 ? 0 : 1]}`;
}

// The server's clock counts, not this machine's: both are known when the page arrives.
const served = Date.parse(document.querySelector("meta[name=served-at]")?.content ?? "");
const skew = Number.isNaN(served) ? 0 : Date.now() - served;

function tick() {
  for (const element of document.querySelectorAll("time[data-ago]")) {
    const seconds = Math.max(0, Math.floor((Date.now() - skew - Date.parse(element.dateTime)) / 1000));
    const text = inWords(seconds);
    if (element.textContent !== text) element.textContent = text;
  }
}

if (words) {
  tick();
  setInterval(tick, 1000);
  document.addEventListener("htmx:afterSwap", tick);
}
