// With JavaScript a network is asked in parts, so that one sees how far it is; without, the page waits for all of it.
for (const button of document.querySelectorAll("[data-parts]")) button.value = "parts";
