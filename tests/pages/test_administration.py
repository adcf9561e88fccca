"""Every list and every form of the administration, in a real browser: axe-core finds nothing, nothing is too wide."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize

from tests.hubs import Hub
from tests.pages.browser import DESK, chromium, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.processes]

PASSWORD = "a-password-for-this-test"
AXE = Axe()
LINKS = "(pattern) => [...document.querySelectorAll('a[href]')].map((a) => a.pathname).filter((p) => p.match(pattern))"
AT_A_DESK, ON_A_PHONE = ViewportSize(width=1280, height=800), ViewportSize(width=412, height=915)
TOO_WIDE = "() => document.documentElement.scrollWidth - innerWidth"


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with Hub(tmp_path / "data", env={"LABELHUB_ADMIN_PASSWORD": PASSWORD}) as hub, chromium() as (browser, _phone):
        page = browser.new_context(**DESK, base_url=hub.origin).new_page()
        sign_in(page, hub.origin, "admin", PASSWORD)
        yield page
        page.context.close()


def addresses(page: Page) -> list[str]:
    """Each list, its form for a new row, and a row of it with what can be done with that."""
    page.goto("/admin/")
    lists = sorted(set(page.evaluate(LINKS, r"^/admin/\w+/\w+/$")))
    found = ["/admin/", *lists]
    for address in lists:
        page.goto(address)
        found += page.evaluate(LINKS, f"^{address}add/$")[:1]
        for change in page.evaluate(LINKS, f"^{address}.+/change/$")[:1]:
            found += [change, change.replace("/change/", "/history/"), change.replace("/change/", "/delete/")]
    return list(dict.fromkeys(found))


def test_it_is_as_every_page_has_to_be(page: Page) -> None:
    """By turns at a desk in the light and on a phone in the dark."""
    wrong, seen = [], 0
    for number, address in enumerate(addresses(page)):
        page.set_viewport_size(ON_A_PHONE if number % 2 else AT_A_DESK)
        page.emulate_media(color_scheme="dark" if number % 2 else "light")
        answer = page.goto(address, wait_until="load")
        if answer is None or answer.status == 403:
            # A row that nobody deletes.
            continue
        seen += 1
        for each in AXE.run(page).response["violations"]:
            wrong.append(f"{address} {each['id']}: {[node['html'][:120] for node in each['nodes'][:2]]}")
        if (wide := page.evaluate(TOO_WIDE)) > 0:
            wrong.append(f"{address} is {wide} px too wide")
    assert wrong == []
    assert seen > 40
