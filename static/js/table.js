// Another printer may hold another tape: the labels are drawn anew for it.
for (const select of document.querySelectorAll("select[data-reload]")) {
  select.addEventListener("change", () => {
    const url = new URL(location.href);
    url.searchParams.set("printer", select.value);
    url.searchParams.delete("edit");
    location.replace(url);
  });
}

// A row that was opened is typed into at once.
document.addEventListener("htmx:afterSettle", (event) => {
  const target = event.detail.elt;
  if (target.matches?.(".table-row")) target.querySelector("[autofocus]")?.focus();
});

// A [data-submits=ACTION] box takes effect at once, by the button of that action, which is not needed then.
for (const box of document.querySelectorAll("[data-submits]")) {
  const button = box.form.querySelector(`button[value="${box.dataset.submits}"]`);
  button.hidden = true;
  box.addEventListener("change", () => box.form.requestSubmit(button));
}
