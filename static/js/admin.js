// What assistive programs are not told by django-unfold, Django's choosers and SimpleBar: the main part, and names.
function tell() {
  document.getElementById("main")?.setAttribute("role", "main");
  for (const hint of document.querySelectorAll(".help-tooltip[aria-label]")) hint.setAttribute("role", "img");
  for (const chooser of document.querySelectorAll("select.select2-hidden-accessible")) {
    const name = document.querySelector(`label[for="${chooser.id}"]`)?.textContent.trim();
    const parts = chooser.nextElementSibling?.querySelectorAll("[role=combobox], [role=textbox]") ?? [];
    for (const part of parts) part.setAttribute("aria-label", name ?? chooser.name);
  }
  // One region for each thing that scrolls says nothing: they are reached by Tab all the same.
  for (const scrolls of document.querySelectorAll(".simplebar-content-wrapper[role=region]")) {
    scrolls.removeAttribute("role");
    scrolls.removeAttribute("aria-label");
  }
}

addEventListener("load", () => {
  tell();
  new MutationObserver(tell).observe(document.body, { childList: true, subtree: true });
});
