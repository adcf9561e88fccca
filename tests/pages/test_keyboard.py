"""Without a mouse, and for whom motion is too much."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.hubs import Hub
from tests.pages.browser import DESK, sign_in
from tests.pages.test_journeys import PASSWORD, browser, context, hub, page

__all__ = ["browser", "context", "hub", "page"]

pytestmark = [pytest.mark.browser, pytest.mark.processes]

# Everything that can be operated and is seen; of a group of radio buttons, the one that Tab goes to.
OPERATED = """
() => {
  const groups = new Map();
  const found = [];
  const all = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  for (const element of document.querySelectorAll(all)) {
    if (element.disabled || element.tabIndex < 0 || !element.checkVisibility({ visibilityProperty: true })) continue;
    if (element.type === "radio") {
      const group = `${element.form?.id} ${element.name}`;
      if (groups.has(group) && !element.checked) continue;
      if (groups.has(group)) found.splice(found.indexOf(groups.get(group)), 1);
      groups.set(group, element);
    }
    found.push(element);
  }
  globalThis.operated = found;
  return found.map((element) => element.outerHTML.slice(0, 100));
}
"""
FOCUSED = """
() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const style = getComputedStyle(element), box = element.getBoundingClientRect();
  return {
    number: operated.indexOf(element),
    html: element.outerHTML.slice(0, 100),
    outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    seen: box.bottom > 0 && box.top < innerHeight && box.width > 0,
  };
}
"""
# A field that had the focus when the page came would be where Tab goes on from.
FROM_THE_TOP = "() => { document.body.tabIndex = -1; document.body.focus(); }"
MOST = 400


def tabbed(page: Page) -> list[dict[str, Any]]:
    """What Tab goes to, from the top of the page to its end."""
    found: list[dict[str, Any]] = []
    for _ in range(MOST):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused is None or (found and focused["number"] == found[0]["number"]):
            return found
        found.append(focused)
    raise AssertionError("Tab never comes to an end.")


@pytest.mark.parametrize(
    "path", ["/", "/print", "/print/shelf-62", "/jobs", "/printers", "/printers/new", "/templates", "/tokens"]
)
def test_tab_goes_to_everything_and_is_seen(page: Page, hub: Hub, path: str) -> None:
    page.goto(hub.origin + path)
    page.evaluate(FROM_THE_TOP)
    operated = page.evaluate(OPERATED)
    found = tabbed(page)
    assert [each["html"] for each in found if not each["outlined"] or not each["seen"]] == []
    reached = {each["number"] for each in found}
    assert [html for number, html in enumerate(operated) if number not in reached] == []
    assert operated[0].startswith('<a class="skip"')


def test_focus_stays_where_it_is_when_the_page_lives_on(page: Page, hub: Hub) -> None:
    page.goto(f"{hub.origin}/print/box-24")
    page.locator("#field-title").fill("Keyboard")
    for empty in page.locator(".print-inputs [required]:not([type=radio])").all():
        if not empty.input_value():
            empty.fill("1")
    page.get_by_role("button", name="Print", exact=True).press("Enter")
    page.wait_for_url("**/jobs/**")
    expect(page.locator(".job-page .badge")).to_have_text("Held", timeout=60_000)
    page.get_by_role("button", name="Cancel").focus()
    hub.call("POST", f"/api/jobs/{page.url.split('/jobs/')[1][:36]}/priority", {"priority": 40}, hub.said("API token"))
    expect(page.locator(".timeline")).to_contain_text("changed the priority", timeout=60_000)
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".job-page .badge")).to_have_text("Canceled", timeout=60_000)


def test_nothing_moves_for_whom_it_is_too_much(browser: Browser, hub: Hub) -> None:
    for motion, moves in (("no-preference", True), ("reduce", False)):
        context = browser.new_context(**DESK, reduced_motion=motion)  # type: ignore[arg-type]
        page = context.new_page()
        sign_in(page, hub.origin, "admin", PASSWORD)
        page.evaluate("document.querySelector('.badge').className = 'badge busy'")
        assert page.evaluate("document.getAnimations().length > 0") is moves
        context.close()
