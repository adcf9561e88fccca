"""The dashboard of fifty printers in Chromium with its processor slowed down four times, as on an old phone."""

import gzip
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Page

from bench import Row
from tests.hubs import Hub
from tests.pages.browser import chromium, sign_in
from tests.pages.scene import ADMIN, PASSWORD, run_in_hub

LOADS, SLOWED = 9, 4
# Addresses where nobody answers, on this machine itself.
FIFTY = """
from datetime import timedelta
from django.utils import timezone
from jobs.models import Job
from printers.models import Printer, PrinterStatus, Site
from templates_app.models import Template
site, _ = Site.objects.get_or_create(key="bench")
version = Template.objects.usable().get(key="asset-tag-12").current
now = timezone.now()
colours = ("white", "yellow", "red", "blue", "green", "black", "clear")
for n in range(48):
    printer = Printer.objects.create(
        site=site, name=f"p{n}", model="PT-P750W", host=f"127.0.9.{n + 1}", paused=n % 10 == 0)
    PrinterStatus.objects.create(
        printer=printer, online=True, state="idle", media_width_mm=12, media_length_mm=0, media_key="tze:12",
        media_type="laminated", tape_color=colours[n % 7], text_color="black", source="status-block",
        captured_at=now, last_seen_at=now,
        next_probe_at=now + timedelta(days=1))
    Job.objects.create(
        printer=printer, template_version=version, template_key="asset-tag-12", medium="tze:12", state="pending-held",
        fields={"name": f"Drill {n}", "id": f"A-{n}"})
"""
QUERIES = f"""
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from labelhub.accounts.models import User
client = Client(SERVER_NAME="127.0.0.1")
client.force_login(User.objects.get(username={ADMIN!r}))
client.get("/")
with CaptureQueriesContext(connection) as captured:
    client.get("/")
print(len(captured))
"""
# Chromium tells of interactions in steps of 8 ms and from 16 ms on.
WATCH = """
() => { globalThis.slowest = 0; new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (entry.interactionId) slowest = Math.max(slowest, entry.duration);
}).observe({ type: "event", durationThreshold: 16 }); }
"""
PAINT = """
() => new Promise((done) => new PerformanceObserver((list) => {
  const [first] = list.getEntriesByName("first-contentful-paint");
  if (first) done(first.startTime);
}).observe({ type: "paint", buffered: true }))
"""
SCRIPTS = "performance.getEntriesByType('resource').filter((e) => /[.]js($|[?])/.test(e.name)).map((e) => e.name)"


def rows() -> list[Row]:
    with (
        tempfile.TemporaryDirectory(prefix="labelhub-bench-") as folder,
        Hub(Path(folder) / "data", env={"LABELHUB_ADMIN_PASSWORD": PASSWORD}) as hub,
        chromium() as (browser, phone),
    ):
        run_in_hub(hub, FIFTY)
        queries = int(run_in_hub(hub, QUERIES))
        page = browser.new_context(**phone).new_page()
        sign_in(page, hub.origin, ADMIN, PASSWORD)
        # What a hub has answered once, it answers from warm caches.
        html = page.request.get(hub.origin).body()
        page.goto(hub.origin)
        scripts = [page.request.get(each).body() for each in page.evaluate(SCRIPTS)]
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
        paints = [_first_paint(page, hub.origin) for _ in range(LOADS)]
        slowest = {each.__name__.strip("_"): each(page, hub.origin) for each in (_menu, _search, _type)}
    slowly = f"processor {SLOWED} × slower"
    return [
        Row("dashboard of 50 printers, HTML", "", None, len(html) / 1000, "kB", "≤ 60 kB"),
        Row("the same, compressed", "", None, len(gzip.compress(html)) / 1000, "kB", ""),
        Row("the same, queries", "", None, queries, "", "≤ 12"),
        Row("all its scripts, compressed", "", None, sum(map(_compressed, scripts)) / 1000, "kB", "≤ 120 kB"),
        Row(f"first contentful paint, median, {slowly}", "", None, statistics.median(paints), "ms", "≤ 500 ms"),
        Row(f"first contentful paint, worst of {LOADS}, {slowly}", "", None, max(paints), "ms", ""),
        *(
            Row(f"slowest interaction, {what}, {slowly}", "", None, took, "ms", "≤ 100 ms")
            for what, took in slowest.items()
        ),
    ]


def _compressed(script: bytes) -> int:
    return len(gzip.compress(script))


def _first_paint(page: Page, origin: str) -> float:
    page.goto(origin)
    return float(page.evaluate(PAINT))


def _menu(page: Page, origin: str) -> float:
    page.goto(origin)
    page.evaluate(WATCH)
    page.get_by_label("Account and appearance").click()
    page.get_by_role("button", name="Dark").click()
    return _slowest(page)


def _search(page: Page, origin: str) -> float:
    page.goto(f"{origin}/print")
    page.evaluate(WATCH)
    page.get_by_role("searchbox").press_sequentially("asset")
    return _slowest(page)


def _type(page: Page, origin: str) -> float:
    page.goto(f"{origin}/print/asset-tag-12")
    page.evaluate(WATCH)
    page.get_by_label("Name").press_sequentially("Drill")
    return _slowest(page)


def _slowest(page: Page) -> float:
    """After two frames, when the last of them has been told of."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))")
    page.wait_for_timeout(200)
    return float(page.evaluate("slowest"))
