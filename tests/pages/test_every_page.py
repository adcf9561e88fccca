"""Every page of a hub at work, as its administrator and as a visitor, in a real browser.

The pages are found in the table of addresses, so that a new one is looked at without being named here. Signed-in pages
only differ by what a person may do; the sign-in page is looked at by nobody in particular.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import translation
from django.utils.translation import gettext
from playwright.sync_api import Browser, ConsoleMessage, Page

from printers.said import said
from tests.pages.browser import DESK, chromium, sign_in
from tests.pages.scene import ADMIN, PASSWORD, VIEWER, Scene, furnish, scene
from tests.pages.walk import filled, routes

pytestmark = [pytest.mark.browser, pytest.mark.processes]

NOBODY = ""
Scheme = Literal["light", "dark"]
DESK_SIZE, PHONE_SIZE, NARROWEST = (1280, 800), (412, 915), (320, 640)
LOOKS: list[tuple[tuple[int, int], Scheme]] = [(DESK_SIZE, "light"), (PHONE_SIZE, "dark")]
AXE = Axe()
# What is wider than the window, innermost first: a finding that names no culprit helps nobody.
TOO_WIDE = """
() => document.documentElement.scrollWidth <= innerWidth ? [] : [
  `${document.documentElement.scrollWidth} px`,
  ...[...document.querySelectorAll("main *, header *")]
    .filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".visually-hidden"))
    .slice(-3).map((e) => e.outerHTML.slice(0, 120)),
]
"""
FRAME = """
() => ({
  lang: document.documentElement.lang,
  titles: document.querySelectorAll("h1").length,
  mains: document.querySelectorAll("main").length,
  named: document.title.length > " · LabelHub".length,
  unprotected: [...document.querySelectorAll("form[method=post]")]
    .filter((form) => !form.elements.csrfmiddlewaretoken).map((form) => form.action),
  inline: document.querySelectorAll("style, [style], script:not([src])").length,
})
"""
TEXTS = """
() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) if (!walker.currentNode.parentElement.closest("[lang=en], code, pre, .mono")) {
    found.push(walker.currentNode.data);
  }
  for (const name of ["aria-label", "placeholder", "title", "alt"]) {
    for (const element of document.querySelectorAll(`[${name}]`)) found.push(element.getAttribute(name));
  }
  return found.map((text) => text.trim()).filter(Boolean);
}
"""
A_PAGE = {"lang": "en", "titles": 1, "mains": 1, "named": True, "unprotected": [], "inline": 0}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as (browser, _phone):
        yield browser


@pytest.fixture(scope="module")
def at_work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("scene")) as at_work:
        yield at_work


@pytest.fixture(scope="module")
def values(at_work: Scene, browser: Browser) -> dict[str, list[str]]:
    """What stands for the parameters of addresses: something of every kind that there is."""
    jobs = furnish(at_work)
    page = browser.new_page(**DESK)
    sign_in(page, at_work.hub.origin, ADMIN, PASSWORD)
    page.goto(f"{at_work.hub.origin}/print/asset-tag-12/table")
    page.get_by_label("Cells copied from a spreadsheet").fill("name\tid\tlink\nDrill\t0001\t\nSaw\t0002\tnonsense\n")
    page.get_by_role("button", name="Read what was pasted").click()
    page.wait_for_url("**/print/tables/**")
    table = page.url.split("/print/tables/")[1].partition("/")[0]
    page.context.close()
    nothing = "00000000-0000-4000-8000-000000000000"
    return {
        "job_id": list(jobs.values()),
        "printer_id": list(at_work.printers.values()),
        "key": ["asset-tag-12", "shelf-62", "box-24"],
        "table_id": [table],
        "batch_id": [at_work.batch],
        "pool_id": [at_work.pool],
        "preset_id": [nothing],
        "token_id": [nothing],
        "number": ["1"],
        "name": ["sans"],
    }


@dataclass
class Look:
    """One person's walk over all pages."""

    origin: str
    page: Page
    seen: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.wrong.append(f"{self.page.url}: {error}"))
        self.page.on("request", lambda asked: self._only_here(asked.url))

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type in {"error", "warning"}:
            self.wrong.append(f"{self.page.url}: {said.text}")

    def _only_here(self, url: str) -> None:
        if not url.startswith((self.origin, "data:", "blob:")):
            self.wrong.append(f"{self.page.url} asks {url}")

    def at(self, address: str) -> None:
        self.page.goto(self.origin + address)
        self.seen.append(address)
        found = self.page.evaluate(FRAME)
        if found != A_PAGE:
            self.wrong.append(f"{address}: {found}")
        # Sizes change the layout and schemes the colours: each of them once is enough.
        for size, scheme in LOOKS:
            self._resize(size)
            self.page.emulate_media(color_scheme=scheme)
            for each in AXE.run(self.page).response["violations"]:
                where = [f"{node['html'][:120]} {node['failureSummary']}" for node in each["nodes"][:2]]
                self.wrong.append(f"{address} {size} {scheme} {each['id']}: {where}")
        self._resize(NARROWEST)
        self._fits(address, NARROWEST)
        # Text at 200 %, everything else as it is.
        self._resize(DESK_SIZE)
        self.page.evaluate("document.documentElement.style.fontSize = '200%'")
        self._fits(address, (*DESK_SIZE, "200 %"))

    def _resize(self, size: tuple[int, int]) -> None:
        self.page.set_viewport_size({"width": size[0], "height": size[1]})

    def _fits(self, address: str, how: object) -> None:
        if wide := self.page.evaluate(TOO_WIDE):
            self.wrong.append(f"{address} {how} is too wide: {wide}")


def pages_of(page: Page, origin: str, values: dict[str, list[str]]) -> list[str]:
    """The addresses that answer this person's GET with a whole page."""
    found = []
    for route, _name in routes():
        for address in filled(route, values):
            answer = page.request.get(origin + address, max_redirects=0)
            if answer.status == 200 and b"<html" in answer.body()[:200]:
                found.append(address)
    return found


@pytest.mark.parametrize("person", [ADMIN, VIEWER, NOBODY])
def test_it_is_as_every_page_has_to_be(
    person: str, at_work: Scene, values: dict[str, list[str]], browser: Browser
) -> None:
    """axe-core finds nothing, in light and dark, at a desk and on a phone; nothing is too wide; nothing is inline."""
    origin = at_work.hub.origin
    context = browser.new_context(**DESK)
    page = context.new_page()
    if person:
        sign_in(page, origin, person, PASSWORD)
    look = Look(origin, page)
    for address in pages_of(page, origin, values):
        look.at(address)
    context.close()
    assert look.wrong == []
    expected = (
        {"/sign-in"} if person == NOBODY else {"/", "/jobs", f"/jobs/{values['job_id'][2]}", "/printers", "/fonts"}
    )
    assert expected - set(look.seen) == set()
    assert ("/printers/new" in look.seen, "/print/shelf-62" in look.seen) == (person == ADMIN, person == ADMIN)


def test_a_german_page_has_no_english_on_it(at_work: Scene, values: dict[str, list[str]], browser: Browser) -> None:
    """Nothing that either catalog has a German word for is left in English."""
    origin = at_work.hub.origin
    context = browser.new_context(**DESK, locale="de-DE")
    page = context.new_page()
    page.goto(f"{origin}/sign-in")
    page.get_by_label("Benutzername").fill(ADMIN)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{origin}/")
    # What a template calls its fields, and a table is called in the language of who pasted it.
    fields = [field for each in at_work.ask("GET", "/api/templates")["items"] for field in each["fields"]]
    own = {field[key] for field in fields for key in ("label", "name")} | {"Pasted table"}
    left = set()
    for address in pages_of(page, origin, values):
        page.goto(origin + address)
        assert page.evaluate("document.documentElement.lang") == "de"
        texts = {text for text in page.evaluate(TEXTS) if text not in own}
        with translation.override("de"):
            left |= {(address, text) for text in texts if gettext(text) != text or said(text) != text}
    context.close()
    assert left == set()


def test_looking_changes_nothing(at_work: Scene, values: dict[str, list[str]], browser: Browser) -> None:
    """Every address that there is, by GET: no label, no event, and nobody is paused."""
    origin = at_work.hub.origin
    context = browser.new_context(**DESK)
    page = context.new_page()
    sign_in(page, origin, ADMIN, PASSWORD)

    def state() -> list[object]:
        jobs = at_work.ask("GET", "/api/jobs?limit=200")["items"]
        printers = at_work.ask("GET", "/api/printers")["items"]
        return [[(job["id"], job["state"]) for job in jobs], [(each["id"], each["paused"]) for each in printers]]

    before = state()
    asked = [address for route, _ in routes() for address in filled(route, values)]
    answers = {address: page.request.get(origin + address, max_redirects=0).status for address in asked}
    context.close()
    assert len(answers) > 50
    assert {address: status for address, status in answers.items() if status >= 500} == {}
    assert state() == before
