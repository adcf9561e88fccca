// A [data-pick=LIST] form acts on the checkboxes of that list which belong to it: how many are chosen, all at once,
// a range with Shift, the next and last row with the arrow keys. What is chosen survives a fragment that is swapped in.
for (const form of document.querySelectorAll("[data-pick]")) {
  const list = document.getElementById(form.dataset.pick);
  const words = form.querySelector("[data-pick-count]");
  const actions = form.querySelector("[data-pick-actions]");
  const all = form.querySelector("[data-pick-all]");
  const every = all?.querySelector("input");
  const boxes = () => [...list.querySelectorAll(`input[type=checkbox][form="${form.id}"]`)];
  const chosen = new Set();
  let last = null;

  function tell() {
    const found = boxes();
    const n = found.filter((box) => box.checked).length;
    words.textContent = n ? `${n} ${words.dataset.some}` : words.dataset.none;
    actions.hidden = n === 0;
    form.classList.toggle("some", n > 0);
    if (!every) return;
    every.checked = n > 0 && n === found.length;
    every.indeterminate = n > 0 && n < found.length;
  }

  function keep(box) {
    if (box.checked) chosen.add(box.value);
    else chosen.delete(box.value);
  }

  if (all) all.hidden = false;
  every?.addEventListener("change", () => {
    for (const box of boxes()) { box.checked = every.checked; keep(box); }
    tell();
  });
  list.addEventListener("click", (event) => {
    const box = event.target;
    if (!box.matches?.("input[type=checkbox]")) return;
    const found = boxes();
    if (event.shiftKey && last && found.includes(last)) {
      const [from, to] = [found.indexOf(last), found.indexOf(box)].sort((a, b) => a - b);
      for (const each of found.slice(from, to + 1)) { each.checked = box.checked; keep(each); }
    }
    keep(box);
    last = box;
    tell();
  });
  list.addEventListener("keydown", (event) => {
    if (!event.target.matches("input[type=checkbox]")) return;
    const found = boxes();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const next = step && found[found.indexOf(event.target) + step];
    if (next) { event.preventDefault(); next.focus(); }
    if (event.key === "Escape") {
      for (const box of found) { box.checked = false; keep(box); }
      tell();
    }
  });
  list.addEventListener("htmx:afterSwap", () => {
    for (const box of boxes()) box.checked = chosen.has(box.value);
    tell();
  });
  // Who comes back finds the browser's own memory of the boxes.
  for (const box of boxes()) keep(box);
  addEventListener("pageshow", () => { for (const box of boxes()) keep(box); tell(); });
  tell();
}
