"""What people do, in a real browser, on a real hub with emulated printers."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from tests.hubs import Hub
from tests.pages.browser import DESK, chromium, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.processes]

PASSWORD = "a-password-for-this-test"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as (browser, _phone):
        yield browser


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    data = tmp_path_factory.mktemp("hub") / "data"
    with Hub(data, env={"LABELHUB_ADMIN_PASSWORD": PASSWORD}) as hub:
        yield hub


def is_wrong(said: ConsoleMessage) -> bool:
    # A form that comes back with its errors is a 422 or 409, which Chromium reports too; htmx reports a request that
    # was cut off because the page was left.
    expected = "422" in said.text or "409" in said.text or said.text.startswith("htmx:")
    return said.type == "error" and not expected


@pytest.fixture
def context(browser: Browser, hub: Hub) -> Iterator[BrowserContext]:
    """Fails the test for an error in the page, a refused resource, or a request to anywhere else."""
    context = browser.new_context(**DESK)
    wrong: list[str] = []
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    context.on("console", lambda said: wrong.append(said.text) if is_wrong(said) else None)
    context.on("request", lambda r: wrong.append(r.url) if not r.url.startswith((hub.origin, "data:")) else None)
    yield context
    context.close()
    assert wrong == []


@pytest.fixture
def page(context: BrowserContext, hub: Hub) -> Page:
    page = context.new_page()
    sign_in(page, hub.origin, "admin", PASSWORD)
    return page


def test_from_signing_in_to_the_first_label(page: Page, hub: Hub) -> None:
    before = len(list((hub.data / "demo" / "pt-p750w").glob("*.png")))
    expect(page.get_by_role("heading", name="pt-p750w")).to_be_visible()
    page.get_by_role("link", name="Print a label").click()
    page.get_by_role("link", name="Asset tag").click()
    page.get_by_label("Name").fill("Drill press")
    page.get_by_label("Asset id").fill("A-2001")
    page.get_by_label("Asset id").press("Enter")
    page.wait_for_url(re.compile("/jobs/"))
    expect(page.locator(".job-page .badge")).to_have_text("Printed", timeout=30_000)
    expect(page.locator(".timeline")).to_contain_text("The printer acknowledged")
    assert len(list((hub.data / "demo" / "pt-p750w").glob("*.png"))) == before + 1
    # The next label is two keystrokes away.
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name")).to_be_focused()
    expect(page.get_by_label("Name")).to_have_value("Drill press")


def test_the_preview_follows_what_is_typed(page: Page, hub: Hub) -> None:
    page.goto(f"{hub.origin}/print/asset-tag-12")
    picture = page.locator("#preview image")
    example = picture.get_attribute("href")
    assert example
    page.get_by_label("Name").press_sequentially("Lathe")
    expect(picture).not_to_have_attribute("href", example)
    page.get_by_label("Asset id").fill("7")
    expect(page.locator("#preview")).to_contain_text("Exactly these dots will be printed.")


def test_an_error_stands_at_its_field(page: Page, hub: Hub) -> None:
    page.goto(f"{hub.origin}/print/asset-tag-12")
    page.get_by_label("Link in the QR code").fill("nonsense")
    expect(page.locator("#error-field-url")).to_contain_text("is no web address")
    page.get_by_role("button", name="Print").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was printed.")
    expect(page.locator("#error-field-name")).to_have_text("Please fill this in.")
    expect(page.get_by_label("Name")).to_be_focused()


def test_a_second_window_sees_it_happen(page: Page, context: BrowserContext, hub: Hub) -> None:
    other = context.new_page()
    other.goto(f"{hub.origin}/jobs")
    page.goto(f"{hub.origin}/print/cable-flag-12")
    page.get_by_label("Cable").fill("SW9-P99")
    page.get_by_label("Cable").press("Enter")
    page.wait_for_url(re.compile("/jobs/"))
    row = other.locator(".job-row", has_text="SW9-P99")
    expect(row).to_be_visible(timeout=15_000)
    expect(row.locator(".badge")).to_have_text("Printed", timeout=30_000)


def test_where_streams_do_not_pass_the_page_asks_by_itself(page: Page, browser: Browser, hub: Hub) -> None:
    watching = browser.new_context(**DESK)
    watching.route("**/api/events", lambda asked: asked.abort())
    other = watching.new_page()
    sign_in(other, hub.origin, "admin", PASSWORD)
    other.goto(f"{hub.origin}/jobs")
    page.goto(f"{hub.origin}/print/cable-flag-12")
    page.get_by_label("Cable").fill("SW9-P98")
    page.get_by_label("Cable").press("Enter")
    row = other.locator(".job-row", has_text="SW9-P98")
    expect(row.locator(".badge")).to_have_text("Printed", timeout=30_000)
    expect(other.locator("[data-lost]")).to_be_hidden()
    watching.close()


def test_a_label_for_another_tape_says_what_to_insert(page: Page, hub: Hub) -> None:
    page.goto(f"{hub.origin}/print/box-24")
    page.locator(".print-inputs input[type=text]").first.fill("Winter clothes")
    for empty in page.locator(".print-inputs [required]:not([type=radio])").all():
        if not empty.input_value():
            empty.fill("1")
    expect(page.locator(".choice-reason").first).to_contain_text("Another tape is in it")
    page.get_by_role("button", name="Print").click()
    page.wait_for_url(re.compile("/jobs/"))
    expect(page.locator(".job-page .badge")).to_have_text("Held", timeout=30_000)
    page.goto(hub.origin)
    expect(page.locator(".cards")).to_contain_text("24 mm tape", timeout=15_000)
    page.get_by_role("link", name=re.compile("Winter clothes")).first.click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".job-page .badge")).to_have_text("Canceled")


def test_without_javascript(browser: Browser, hub: Hub) -> None:
    context = browser.new_context(**DESK, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, hub.origin, "admin", PASSWORD)
    page.goto(f"{hub.origin}/print/asset-tag-12")
    page.get_by_label("Name").fill("Lathe")
    page.get_by_label("Asset id").fill("7")
    page.get_by_role("button", name="Update the preview").click()
    expect(page.locator("#preview")).to_contain_text("Exactly these dots will be printed.")
    page.get_by_role("button", name="Print", exact=True).click()
    page.wait_for_url(re.compile("/jobs/"))
    for _ in range(30):
        if page.locator(".job-page .badge").inner_text() == "Printed":
            break
        page.wait_for_timeout(500)
        page.reload()
    expect(page.locator(".job-page .badge")).to_have_text("Printed")
    context.close()


def test_a_hub_that_is_gone_is_said_to_be_gone(browser: Browser, tmp_path: Path) -> None:
    with Hub(tmp_path / "data", env={"LABELHUB_ADMIN_PASSWORD": PASSWORD}) as hub:
        context = browser.new_context(**DESK)
        page = context.new_page()
        sign_in(page, hub.origin, "admin", PASSWORD)
        expect(page.locator("[data-lost]")).to_be_hidden()
        hub.stop()
        expect(page.locator("[data-lost]")).to_be_visible(timeout=30_000)
    with Hub(tmp_path / "data", port=hub.port):
        expect(page.locator("[data-lost]")).to_be_hidden(timeout=30_000)
        context.close()


@pytest.mark.parametrize(
    "path", ["/", "/print", "/print/shelf-62", "/jobs", "/printers", "/templates", "/templates/shelf-62"]
)
def test_no_page_is_wider_than_a_phone(browser: Browser, hub: Hub, path: str) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    sign_in(page, hub.origin, "admin", PASSWORD)
    page.goto(hub.origin + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()


def test_everything_is_reached_by_keyboard(page: Page, hub: Hub) -> None:
    page.goto(f"{hub.origin}/jobs")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="CSV")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Print a label")).to_be_focused()


def test_dark_is_kept(page: Page) -> None:
    page.get_by_label("Account and appearance").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
