"""The hub as an app: its manifest and icons, and a service worker that keeps nothing of anybody."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from PIL import Image
from playwright.sync_api import BrowserContext

from tests.hubs import Hub
from tests.pages.browser import DESK, chromium, sign_in
from tests.pages.rows import signed_in

STATIC = settings.BASE_DIR / "static"


def test_the_manifest_names_icons_that_exist() -> None:
    manifest = json.loads((STATIC / "manifest.webmanifest").read_text())
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/", "/", "standalone")
    sizes = set()
    for icon in manifest["icons"]:
        path = STATIC / icon["src"].removeprefix("/static/")
        if path.suffix == ".png":
            with Image.open(path) as image:
                assert f"{image.width}x{image.height}" == icon["sizes"]
            sizes.add((icon["sizes"], icon.get("purpose", "any")))
    assert sizes == {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")}


@pytest.mark.django_db
def test_the_browser_gets_it() -> None:
    answer = Client().get("/static/manifest.webmanifest")
    answer.close()
    assert (answer.status_code, answer["Content-Type"].partition(";")[0]) == (200, "application/manifest+json")
    assert 'rel="manifest" href="/static/manifest.webmanifest"' in Client().get("/sign-in").content.decode()


def test_the_service_worker_is_at_the_root_for_everybody() -> None:
    answer = Client().get("/service-worker.js")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert f"offline-{settings.VERSION}" in answer.content.decode()
    assert "'self'" in answer["Content-Security-Policy"]


@pytest.mark.django_db
def test_the_offline_page_knows_nobody() -> None:
    assert Client().get("/offline").content == signed_in().get("/offline").content
    assert "ada" not in signed_in().get("/offline").content.decode()


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[tuple[Hub, BrowserContext]]:
    with (
        Hub(tmp_path / "data", env={"LABELHUB_ADMIN_PASSWORD": "for-this-test-only"}) as hub,
        chromium() as (chrome, _phone),
    ):
        yield hub, chrome.new_context(**DESK)


@pytest.mark.browser
def test_without_a_connection_it_says_so_and_comes_back(browser: tuple[Hub, BrowserContext]) -> None:
    hub, context = browser
    page = context.new_page()
    sign_in(page, hub.origin, "admin", "for-this-test-only")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.goto(f"{hub.origin}/jobs")
    kept = page.evaluate(
        "caches.keys().then(async names => (await Promise.all(names.map(async name =>"
        " (await (await caches.open(name)).keys()).map(request => new URL(request.url).pathname)))).flat())"
    )
    assert sorted(kept) == [
        "/offline", "/static/css/base.css", "/static/css/offline.css", "/static/icons/favicon.svg",
        "/static/js/offline.js",
    ]  # fmt: skip
    assert "admin" not in page.evaluate("caches.match('/offline').then(answer => answer.text())")
    hub.stop()
    page.goto(f"{hub.origin}/printers")
    assert page.get_by_role("heading", name="The hub cannot be reached").is_visible()
    assert page.url == f"{hub.origin}/printers"
    hub.__enter__()
    page.get_by_role("heading", name="Printers", exact=True).wait_for(timeout=20_000)
