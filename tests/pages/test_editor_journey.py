"""A template is edited in a real browser until it is on tape."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.hubs import Hub
from tests.pages.browser import sign_in
from tests.pages.test_journeys import PASSWORD, browser, context, hub, page

__all__ = ["browser", "context", "hub", "page"]

pytestmark = [pytest.mark.browser, pytest.mark.processes]


def test_a_destructive_change_is_seen_forced_and_printed(page: Page, hub: Hub) -> None:
    page.goto(f"{hub.origin}/templates")
    page.get_by_role("link", name="Name and two lines").click()
    page.get_by_role("link", name="Edit").click()
    picture = page.locator("#preview image")
    before = picture.get_attribute("href")
    assert before
    # A part is chosen where it stands on the label.
    page.locator("#preview [data-element]").last.click()
    expect(page.locator(".inspector h2")).to_contain_text("Text")
    text = page.get_by_label("Text", exact=True)
    text.fill("{nobody}")
    expect(page.locator("#error-" + str(text.get_attribute("id")))).to_contain_text("There is no field “nobody”")
    expect(page.locator(".outline .part-tone")).to_be_visible()
    text.fill("Seen in the browser")
    expect(picture).not_to_have_attribute("href", before)
    # Nothing is lost by a reload, and everything can be taken back.
    page.reload()
    expect(page.get_by_label("Text", exact=True)).to_have_value("Seen in the browser")
    page.locator("h1").click()
    page.keyboard.press("Control+z")
    expect(picture).to_have_attribute("href", before)
    page.keyboard.press("Control+Shift+z")
    expect(picture).not_to_have_attribute("href", before)
    page.get_by_role("button", name="Definition").click()
    expect(page.get_by_label("Definition", exact=True)).to_have_value(re.compile("Seen in the browser"))
    page.get_by_role("button", name="Review and register").click()
    expect(page.locator(".diff-group.error")).to_contain_text("ChangedElement")
    page.get_by_role("button", name="Register with force").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was registered.")
    page.get_by_label("I have read what this could break").check()
    page.get_by_role("button", name="Register with force").click()
    expect(page.locator(".messages")).to_contain_text("Version 2 of “name-18” is registered.")
    page.get_by_role("link", name="Print this").click()
    for empty in page.locator(".print-inputs [required]:not([type=radio])").all():
        empty.fill("Ada")
    expect(page.locator("#preview")).to_contain_text("Exactly these dots will be printed.")
    page.get_by_role("button", name="Print", exact=True).click()
    page.wait_for_url(re.compile("/jobs/"))
    expect(page.locator(".job-page")).to_be_visible()


def test_a_template_is_made_on_a_phone_without_javascript(browser: Browser, hub: Hub) -> None:
    options: dict[str, Any] = {"viewport": {"width": 412, "height": 915}}
    context = browser.new_context(**options, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, hub.origin, "admin", PASSWORD)
    page.goto(f"{hub.origin}/templates")
    page.get_by_role("link", name="New template").click()
    page.get_by_label("Title").fill("Made by hand")
    page.get_by_label("Key").fill("made-by-hand")
    page.get_by_role("button", name="Open the editor").click()
    page.get_by_role("button", name="Field", exact=True).click()
    page.get_by_label("Name", exact=True).fill("place")
    page.get_by_role("button", name="Line", exact=True).click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Redo").click()
    page.get_by_role("button", name="Review and register").click()
    expect(page.locator(".diff-group.ok")).to_contain_text("NewDescriptor")
    page.get_by_role("button", name="Register", exact=True).click()
    expect(page.locator(".messages")).to_contain_text("Version 1 of “made-by-hand” is registered.")
    expect(page.locator("main")).to_contain_text("place")
    context.close()


@pytest.fixture(scope="module")
def narrow(browser: Browser, hub: Hub) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    sign_in(page, hub.origin, "admin", PASSWORD)
    yield page
    context.close()


@pytest.mark.parametrize(
    "path",
    [
        "/templates/_new",
        "/templates/shelf-62/edit",
        "/templates/shelf-62/edit?at=/elements/0",
        "/templates/shelf-62/edit?mode=text",
        "/templates/shelf-62/edit/review",
        "/templates/name-18/compare",
        "/templates/name-18/versions/1/restore",
    ],
)
def test_no_page_is_wider_than_a_phone(narrow: Page, hub: Hub, path: str) -> None:
    narrow.goto(hub.origin + path)
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 360
