"""`make screenshots`: pictures of every page for the documentation, from a hub in the middle of a working day.

Desk and phone, light and dark, as PNG with few colours in docs/screenshots. Pages are found in the table of addresses
and called by its names; a few are shown in more than one state. With names as arguments only these are taken.
"""

import io
import sys
import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import django
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.hubs import ROOT, Hub
from tests.pages.browser import DESK, chromium, sign_in
from tests.pages.scene import ADMIN, PASSWORD, Scene, furnish, run_in_hub, scene
from tests.pages.walk import filled, routes

FOLDER = ROOT / "docs" / "screenshots"
COLOURS = 256
EMPTY = "dashboard-empty"
TABLE = """place\ttitle\tdetail\tcode\tid
A-01\tScrews M4 × 12\tDIN 7985, steel, zinc plated\thttps://stock.invalid/p/1041\t1041
A-02\tScrews M5 × 20\tDIN 7985, steel, zinc plated\thttps://stock.invalid/p/1042\t1042
A-03\t\tDIN 125, stainless\thttps://stock.invalid/p/1043\t1043
A-04\tNuts M5\tDIN 934, stainless\thttps://stock.invalid/p/1044\t1044
"""
DRAWN = """
() => Promise.all([...document.images]
  .filter((image) => image.getBoundingClientRect().top < innerHeight)
  .map((image) => image.decode().catch(() => null)))
"""
# What happened over some days happened within a minute: it is moved back, with all that is told of it.
EARLIER = """
from datetime import timedelta
from django.db.models import F
from jobs.models import Attempt, Job
from printers.models import Event
done = list(Job.objects.filter(state="completed").order_by("created_at").values_list("pk", flat=True))
for n, job in enumerate(reversed(done)):
    ago = timedelta(hours=2.6 * n + 0.1, minutes=7 * n)
    Job.objects.filter(pk=job).update(
        created_at=F("created_at") - ago, started_at=F("started_at") - ago, finished_at=F("finished_at") - ago,
        barrier_at=F("barrier_at") - ago)
    Event.objects.filter(job_id=job).update(at=F("at") - ago)
    times = [f.attname for f in Attempt._meta.get_fields() if f.get_internal_type() == "DateTimeField"]
    Attempt.objects.filter(job_id=job).update(**{name: F(name) - ago for name in times})
"""


def main(wanted: set[str]) -> None:
    django.setup()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, chromium() as (browser, phone):
        looks = [
            (f"{device}-{scheme}", {**options, "color_scheme": scheme})
            for (device, options), scheme in product((("desk", DESK), ("phone", phone)), ("light", "dark"))
        ]
        with scene(Path(folder) / "full", speed=0) as at_work:
            pages = dict(_pages(at_work, browser))
            _take(browser, at_work.hub.origin, pages, looks, wanted)
        if EMPTY in wanted or not wanted:
            settings = {"LABELHUB_ADMIN_PASSWORD": PASSWORD}
            with Hub(Path(folder) / "empty", demo=False, env=settings) as hub:
                _take(browser, hub.origin, {EMPTY: "/"}, looks, wanted)


def _pages(at_work: Scene, browser: Browser) -> Iterator[tuple[str, str]]:
    """Name and address of every page, with the best that there is to see on it."""
    jobs = furnish(at_work)
    run_in_hub(at_work.hub, EARLIER)
    values = {
        "job_id": [jobs["shelf"]],
        "printer_id": [at_work.printers["server-room"]],
        "key": ["shelf-62"],
        "name": ["sans"],
        "number": ["1"],
        "table_id": [_table(at_work, browser)],
        "batch_id": [at_work.batch],
        "pool_id": [at_work.pool],
        "preset_id": [jobs["shelf"]],
        "token_id": [jobs["shelf"]],
    }
    page = _signed_in(browser, at_work.hub.origin, DESK)
    for route, name in routes():
        [address] = filled(route, values)
        answer = page.request.get(at_work.hub.origin + address, max_redirects=0)
        if answer.status == 200 and b"<html" in answer.body()[:200]:
            yield name, address
    page.context.close()
    yield "sign-in", "/sign-in"
    yield "table", f"/print/tables/{values['table_id'][0]}"
    yield "job-unknown", f"/jobs/{jobs['unknown']}"
    yield "job-held", f"/jobs/{jobs['held']}"
    yield "printer-error", f"/printers/{at_work.printers['shipping']}"
    yield "print-form-narrow", "/print/asset-tag-12"
    yield "look-up", "/print/asset-tag-12/look-up?q=a"
    yield "template-edit-element", "/templates/shelf-62/edit?at=/elements/0"


def _table(at_work: Scene, browser: Browser) -> str:
    page = _signed_in(browser, at_work.hub.origin, DESK)
    page.goto(f"{at_work.hub.origin}/print/shelf-62/table")
    page.get_by_label("Cells copied from a spreadsheet").fill(TABLE)
    page.get_by_role("button", name="Read what was pasted").click()
    page.wait_for_url("**/print/tables/**")
    table = page.url.split("/print/tables/")[1].partition("/")[0]
    page.get_by_role("button", name="Show the labels").click()
    page.wait_for_url(f"**/print/tables/{table}")
    page.context.close()
    return table


def _signed_in(browser: Browser, origin: str, options: dict[str, Any]) -> Page:
    page = browser.new_context(**options).new_page()
    sign_in(page, origin, ADMIN, PASSWORD)
    return page


def _take(
    browser: Browser, origin: str, pages: dict[str, str], looks: list[tuple[str, dict[str, Any]]], wanted: set[str]
) -> None:
    for look, options in looks:
        signed_in = _signed_in(browser, origin, options)
        # The page of a hub that is gone leaves as soon as the hub is there.
        signed_in.route("**/healthz", lambda asked: asked.abort())
        for name, address in pages.items():
            if wanted and name not in wanted:
                continue
            page = browser.new_context(**options).new_page() if name == "sign-in" else signed_in
            page.goto(origin + address, wait_until="load")
            page.evaluate(DRAWN)
            page.evaluate("() => document.fonts.ready.then(() => null)")
            _save(page, FOLDER / f"{name}-{look}.png")
            if page is not signed_in:
                page.context.close()
        signed_in.context.close()


def _save(page: Page, path: Path) -> None:
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    if image.width > 1280 or image.height > 1600:
        image = image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)
    image.quantize(COLOURS, kmeans=2, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main(set(sys.argv[1:]))
