// In a text of several lines Enter is a new line: with Ctrl it sends the form, by its first button as Enter does.
document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !field.matches?.("[data-once] textarea")) return;
  event.preventDefault();
  field.form.requestSubmit(field.form.querySelector("button:not([type=button])"));
});

// The next label begins with the values of the last one: what is typed takes the place of the first of them.
document.querySelector("#print-form input[autofocus], #print-form textarea[autofocus]")?.select();
