// A choice in a [data-filters] form takes effect at once.
for (const form of document.querySelectorAll("[data-filters]")) {
  for (const select of form.querySelectorAll("select")) {
    select.addEventListener("change", () => form.requestSubmit());
  }
}
