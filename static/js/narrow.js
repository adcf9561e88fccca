// Typing in [data-narrow=LIST] hides the entries of that list whose data-words lack a typed word.
for (const input of document.querySelectorAll("[data-narrow]")) {
  const list = document.getElementById(input.dataset.narrow);
  if (!list) continue;
  const none = document.getElementById(`${list.id}-none`);
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const entry of list.children) {
      const text = entry.dataset.words.toLowerCase();
      entry.hidden = !words.every((word) => text.includes(word));
      if (!entry.hidden) shown += 1;
    }
    if (none) none.hidden = shown > 0;
  });
  input.form?.addEventListener("submit", (event) => {
    const only = [...list.children].filter((entry) => !entry.hidden);
    if (only.length !== 1) return;
    event.preventDefault();
    only[0].querySelector("a").click();
  });
}
