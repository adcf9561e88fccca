// A form with data-once is sent once, however often its button is pressed; coming back makes it usable again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, 4000);
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-once]")) delete form.dataset.sent;
});

// Who goes back to a form that was sent means a new label, not the old one again.
addEventListener("pageshow", (event) => {
  const kind = performance.getEntriesByType("navigation")[0]?.type;
  if (!event.persisted && kind !== "back_forward") return;
  for (const input of document.querySelectorAll("[data-submission]")) {
    input.value = Array.from(crypto.getRandomValues(new Uint8Array(16)), (n) => n.toString(16).padStart(2, "0")).join("");
  }
});
