"""`make screenshots`: pictures of the pages for the documentation, from a demo hub with a few labels in it.

Desk and phone, light and dark, as PNG with few colours in docs/screenshots.
"""

import io
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from tests.hubs import ROOT, Hub
from tests.pages.browser import DESK, chromium, sign_in

FOLDER = ROOT / "docs" / "screenshots"
PASSWORD = "for-the-pictures-only"
# Printer, template, and what differs from the template's examples.
LABELS: list[tuple[str, str, dict[str, str]]] = [
    ("pt-p750w", "asset-tag-12", {"name": "Band saw", "id": "A-1043", "url": "https://inv.invalid/a/1043"}),
    ("pt-p750w", "cable-flag-12", {}),
    ("ql-820nwb", "shelf-62", {}),
    ("pt-p750w", "asset-tag-12", {}),
    ("pt-p750w", "name-18", {}),
]
COLOURS = 256
# What the documentation shows; `all` makes the others, too.
SHOWN = {
    "dashboard-desk-light",
    "dashboard-desk-dark",
    "dashboard-phone-light",
    "choose-desk-light",
    "print-desk-light",
    "print-phone-dark",
    "job-desk-light",
    "job-phone-light",
    "jobs-desk-dark",
    "printers-desk-light",
    "templates-phone-dark",
}


def main(wanted: set[str]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        Hub(Path(folder) / "data", env={"LABELHUB_ADMIN_PASSWORD": PASSWORD}) as hub,
        chromium() as (browser, phone),
    ):
        job = fill(hub)
        pages = {
            "dashboard": "/",
            "choose": "/print",
            "print": "/print/shelf-62",
            "job": f"/jobs/{job}",
            "jobs": "/jobs",
            "printers": "/printers",
            "templates": "/templates",
        }
        for device, options in (("desk", DESK), ("phone", phone)):
            for scheme in ("light", "dark"):
                context = browser.new_context(**options, color_scheme=scheme)
                page = context.new_page()
                sign_in(page, hub.origin, "admin", PASSWORD)
                for name, path in pages.items():
                    if "all" in wanted or f"{name}-{device}-{scheme}" in wanted:
                        page.goto(hub.origin + path)
                        page.wait_for_timeout(400)
                        save(page, FOLDER / f"{name}-{device}-{scheme}.png")
                context.close()


def fill(hub: Hub) -> str:
    """Prints LABELS and waits; the id of the one to look at."""
    token = hub.said("API token")
    templates = {each["key"]: each for each in hub.call("GET", "/api/templates", token=token)[1]["items"]}
    ids = []
    for printer, template, changes in LABELS:
        examples = {each["name"]: each["example"] for each in templates[template]["fields"] if "example" in each}
        body = {"printer": printer, "template": template, "fields": examples | changes}
        code, answer = hub.call("POST", "/api/print", body, token)
        if code != 202:
            raise SystemExit(f"{template}: {answer}")
        ids.append(answer["jobs"][0]["id"])
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        jobs = hub.call("GET", "/api/jobs", token=token)[1]["items"]
        if all(job["state"] not in {"pending", "processing"} for job in jobs):
            break
        time.sleep(0.5)
    return str(ids[2])


def save(page: Page, path: Path) -> None:
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    if image.width > 1280 or image.height > 1600:
        image = image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)
    image.quantize(COLOURS, kmeans=2).save(path, optimize=True)


if __name__ == "__main__":
    main(set(sys.argv[1:]) or SHOWN)
