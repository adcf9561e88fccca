// Looks whether the hub is back, and then opens the page that was wanted.
async function look() {
  try {
    const answer = await fetch("/healthz", { cache: "no-store" });
    if (answer.ok && location.pathname !== "/offline") location.reload();
    if (answer.ok && location.pathname === "/offline") location.assign("/");
  } catch {
    // Still gone.
  }
}
setInterval(look, 3000);
addEventListener("online", look);
