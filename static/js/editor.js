// The editor of templates: undo and redo by keys, parts chosen in the picture, fields inserted at the cursor.
// All of it presses buttons that are there without it.
const form = () => document.getElementById("editor-form");
const isTyped = (element) => element?.matches?.("textarea, select, input:not([type=checkbox], [type=radio])");

function press(selector) {
  const button = form()?.querySelector(selector);
  if (button && !button.disabled) button.click();
}

document.addEventListener("keydown", (event) => {
  const command = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  if (command && key === "s") {
    event.preventDefault();
    press("[data-review]");
  } else if (command && !isTyped(event.target) && (key === "z" || key === "y")) {
    event.preventDefault();
    press(key === "y" || event.shiftKey ? "[data-redo]" : "[data-undo]");
  }
});

document.addEventListener("click", (event) => {
  const box = event.target.closest?.("[data-element]");
  if (box?.dataset.element) press(`[data-place="${CSS.escape(box.dataset.element)}"]`);
  const insert = event.target.closest?.("[data-insert]");
  if (!insert) return;
  const input = document.getElementById(insert.parentElement.dataset.inserts);
  input.setRangeText(insert.dataset.insert, input.selectionStart, input.selectionEnd, "end");
  input.focus();
  input.dispatchEvent(new Event("input", { bubbles: true }));
});

function dress() {
  for (const each of document.querySelectorAll("[data-inserts]")) each.hidden = false;
  const at = form()?.elements.at?.value;
  for (const box of document.querySelectorAll("[data-element]")) {
    box.classList.toggle("here", Boolean(at) && box.dataset.element === at);
  }
}

// One below the other, on a phone: what was chosen comes into sight.
function showChosen() {
  if (matchMedia("(max-width: 720px)").matches) document.querySelector(".inspector")?.scrollIntoView();
}

// What is open stays open, and the page stays where it is, when the form comes back.
let open = new Set();
let scroll = 0;
const names = () => [...document.querySelectorAll("#editor details[open] > summary")].map((each) => each.textContent.trim());
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id !== "editor") return;
  open = new Set(names());
  scroll = window.scrollY;
});
document.addEventListener("htmx:afterSettle", () => {
  for (const summary of document.querySelectorAll("#editor details > summary")) {
    if (open.has(summary.textContent.trim())) summary.parentElement.open = true;
  }
  open = new Set();
  dress();
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "editor") return;
  window.scrollTo(0, scroll);
  const chosen = event.detail.requestConfig?.parameters?.do ?? "";
  if (/^(go|add):/.test(chosen)) showChosen();
});
dress();
if (form()?.elements.at?.value) showChosen();
