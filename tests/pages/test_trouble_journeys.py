"""What people do when something is missing, wrong, or not known: in a real browser, at printers that really have it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from printers.emulator import EmulatedPrinter
from tests.pages.browser import DESK, chromium, sign_in
from tests.pages.scene import ADMIN, PASSWORD, Scene, scene
from tests.pages.test_journeys import is_wrong

pytestmark = [pytest.mark.browser, pytest.mark.processes]

# For the hub to notice something at a printer, on a machine that does much else.
NOTICED_MS = 60_000
AXE = Axe()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as (browser, _phone):
        yield browser


@pytest.fixture(scope="module")
def at_work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("scene")) as at_work:
        for name in at_work.devices:
            at_work.wait_for_printer(name, lambda status: bool(status["online"]))
        yield at_work


@pytest.fixture
def page(browser: Browser, at_work: Scene) -> Iterator[Page]:
    """Fails the test for an error in the page or a request to anywhere else."""
    context = browser.new_context(**DESK)
    wrong: list[str] = []
    here = at_work.hub.origin
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    context.on("console", lambda said: wrong.append(said.text) if is_wrong(said) else None)
    context.on("request", lambda asked: wrong.append(asked.url) if not asked.url.startswith((here, "data:")) else None)
    page = context.new_page()
    page.set_default_timeout(NOTICED_MS)
    sign_in(page, here, ADMIN, PASSWORD)
    yield page
    context.close()
    assert wrong == []


def print_it(page: Page, field: str, text: str) -> None:
    page.locator(field).fill(text)
    for empty in page.locator(".print-inputs :is([required], textarea):not([type=radio])").all():
        if not empty.input_value():
            empty.fill(empty.get_attribute("placeholder") or "1")
    page.get_by_role("button", name="Print", exact=True).click()
    page.wait_for_url(re.compile("/jobs/"))


def findings(page: Page) -> list[Any]:
    return [(each["id"], each["nodes"][0]["html"]) for each in AXE.run(page).response["violations"]]


def test_a_label_goes_by_itself_when_its_tape_is_inserted(page: Page, at_work: Scene) -> None:
    here, device = at_work.hub.origin, at_work.devices["electronics"]
    page.goto(f"{here}/print/box-24?printer={at_work.printers['electronics']}")
    print_it(page, "#field-title", "Solder and wire")
    badge = page.locator(".job-page .badge")
    expect(badge).to_have_text("Held", timeout=NOTICED_MS)
    expect(page.locator(".job-sentence")).to_have_text("It needs 24 mm tape; 18 mm tape is loaded.")
    assert findings(page) == []
    other = page.context.new_page()
    other.goto(here)
    card = other.locator(".card", has_text="electronics")
    expect(card).to_contain_text("Insert 24 mm tape: 1 label, 1 person.", timeout=NOTICED_MS)
    # Black tape is written on in white, in its picture, too.
    expect(card.locator(".tape text")).to_have_css("fill", "rgb(255, 255, 255)")
    assert device.labels == []
    device.load("tze:24", tape_color="white", text_color="black")
    # Nobody touches a window from here on.
    expect(badge).to_have_text("Printed", timeout=NOTICED_MS)
    expect(card).not_to_contain_text("Insert 24 mm", timeout=NOTICED_MS)
    assert [label.medium for label in device.labels] == ["tze:24"]


def test_a_label_that_may_be_out_is_resolved_by_who_looks(page: Page, at_work: Scene) -> None:
    here, device = at_work.hub.origin, at_work.devices["archive"]
    device.set_fault("power-off")
    page.goto(f"{here}/print/name-18?printer={at_work.printers['archive']}")
    print_it(page, "#field-name", "Cabinet 7")
    expect(page.get_by_role("heading", name="Did this label come out?")).to_be_visible(timeout=NOTICED_MS)
    assert findings(page) == []
    job = page.url.partition("?")[0]
    page.goto(here)
    page.get_by_role("link", name="Show them").click()
    expect(page.locator(".jobs")).to_contain_text("Cabinet 7")
    assert device.labels == []
    device.clear_fault()
    page.goto(job)
    page.get_by_role("button", name="No, print it again").click()
    page.wait_for_url(lambda url: "/jobs/" in url and not url.startswith(job))
    expect(page.locator(".job-page .badge")).to_have_text("Printed", timeout=NOTICED_MS)
    expect(page.locator(".facts")).to_contain_text("Reprint of")
    assert len(device.labels) == 1
    page.goto(job)
    expect(page.locator(".timeline")).to_contain_text("admin saw that it did not come out")
    expect(page.get_by_role("heading", name="Did this label come out?")).to_have_count(0)


def test_a_printer_is_added_with_its_first_label(page: Page, at_work: Scene) -> None:
    with EmulatedPrinter("PT-P710BT", "tze:12", tape_color="red", text_color="white") as device:
        page.goto(f"{at_work.hub.origin}/printers")
        page.get_by_role("link", name="Add a printer").click()
        page.get_by_text("More", exact=True).click()
        page.get_by_label("SNMP port").fill(str(device.snmp_port))
        page.get_by_label("Printing port").fill(str(device.port))
        page.get_by_label("Address").fill("127.0.0.1")
        assert findings(page) == []
        page.get_by_role("button", name="Ask it").click()
        expect(page.get_by_role("heading", name="It is a PT-P710BT")).to_be_visible(timeout=NOTICED_MS)
        expect(page.locator(".found")).to_contain_text("12 mm tape, white on red")
        assert findings(page) == []
        page.locator("#name").fill("badge-desk")
        page.get_by_role("button", name="Add the printer").click()
        page.wait_for_url(re.compile(r"/printers/[0-9a-f-]{36}$"))
        expect(page.get_by_role("heading", name="badge-desk")).to_be_visible()
        assert device.labels == []
        page.get_by_role("button", name="Test print").click()
        page.wait_for_url(re.compile("/jobs/"))
        expect(page.locator(".job-page .badge")).to_have_text("Printed", timeout=NOTICED_MS)
        assert len(device.labels) == 1


def test_what_waits_can_be_canceled_and_is_never_printed(page: Page, at_work: Scene) -> None:
    device = at_work.devices["reception"]
    printer = f"{at_work.hub.origin}/printers/{at_work.printers['reception']}"
    page.goto(printer)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("main")).to_contain_text("Paused")
    page.goto(f"{at_work.hub.origin}/print/shelf-62?printer={at_work.printers['reception']}")
    print_it(page, "#field-title", "Screws")
    expect(page.locator(".job-page .badge")).to_have_text("Waiting")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".job-page .badge")).to_have_text("Canceled")
    page.goto(printer)
    page.get_by_role("button", name="Resume").click()
    expect(page.locator("main")).to_contain_text("Ready", timeout=NOTICED_MS)
    # A later label overtakes nothing that was still there.
    later = at_work.print("reception", "shelf-62")
    at_work.wait_for(later, "completed")
    assert len(device.labels) == 1
