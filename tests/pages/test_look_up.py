"""Filling the print form from another app, in a real browser and without one."""

from collections.abc import Iterator
from html import unescape

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.hubs import Hub
from tests.labelhub.conftest import Configure
from tests.labelhub.integrations.app import App
from tests.labelhub.integrations.snipeit.fake import TOKEN, answers, asset
from tests.labelhub.integrations.spoolman import fake as spoolman
from tests.pages.browser import DESK, chromium, sign_in
from tests.pages.rows import make_printer, make_template, signed_in

PASSWORD = "a-password-for-this-test"
PATH = "/print/asset-tag-12"
INVENTORY = """
[[integration]]
kind = "snipeit"
name = "inventory"
url = "{origin}"
token = "{token}"
"""
SPOOLS = """
[[integration]]
kind = "spoolman"
name = "spools"
url = "{origin}"
"""


@pytest.fixture
def app(configure: Configure) -> Iterator[App]:
    with App(answers) as app:
        configure(INVENTORY.format(origin=app.origin, token=TOKEN))
        yield app


@pytest.mark.django_db
class TestWithoutJavaScript:
    @pytest.fixture(autouse=True)
    def _printable(self) -> None:
        make_template()
        make_printer()

    def test_it_works(self, app: App) -> None:
        client = signed_in()
        form = client.get(PATH).content.decode()
        assert f'action="{PATH}/look-up"' in form
        assert "From Snipe-IT" in form
        assert app.asked == []
        page = client.get(f"{PATH}/look-up", {"q": "drill", "printer": "x"})
        assert page.status_code == 200
        text = page.content.decode()
        assert "<html" in text
        link = unescape(text.partition('<ul class="look-up-results')[2].partition('href="')[2].partition('"')[0])
        assert link.startswith(f"{PATH}?")
        assert link.endswith("&printer=x")
        filled = client.get(link).content.decode()
        for value in ("Bench &quot;drill&quot;", "A-1042", "Workshop &amp; yard", f"{app.origin}/hardware/1042"):
            assert f'value="{value}"' in filled

    def test_for_htmx_it_is_the_results_alone(self, app: App) -> None:
        text = signed_in().get(f"{PATH}/look-up", {"q": "drill"}, headers={"HX-Request": "true"}).content.decode()
        assert "<html" not in text
        assert "A-1042" in text

    def test_what_does_not_fit_is_no_link(self, app: App) -> None:
        app.answers = lambda _: (200, {"total": 1, "rows": [asset(9, "A-9", "x" * 70)]})
        text = signed_in().get(f"{PATH}/look-up", {"q": "x"}, headers={"HX-Request": "true"}).content.decode()
        assert "Does not have what this label asks for." in text
        assert "href" not in text

    def test_why_it_failed_is_said(self, app: App) -> None:
        app.answers = lambda _: (500, {})
        answer = signed_in().get(f"{PATH}/look-up", {"q": "drill"})
        assert answer.status_code == 422
        assert "Snipe-IT answered with 500." in answer.content.decode()

    def test_nothing_found(self, app: App) -> None:
        assert (
            "Snipe-IT finds nothing for these words."
            in signed_in().get(f"{PATH}/look-up", {"q": "nothing"}).content.decode()
        )

    def test_without_an_integration_there_is_none_of_it(self, configure: Configure) -> None:
        configure("")
        client = signed_in()
        assert "look-up" not in client.get(PATH).content.decode()
        assert client.get(f"{PATH}/look-up", {"q": "x"}).status_code == 404

    def test_of_an_unknown_template(self, app: App) -> None:
        assert signed_in().get("/print/nothing/look-up", {"q": "x"}).status_code == 404
        assert app.asked == []

    def test_one_of_several_apps(self, app: App, configure: Configure) -> None:
        with App(spoolman.answers) as spools:
            configure(INVENTORY.format(origin=app.origin, token=TOKEN) + SPOOLS.format(origin=spools.origin))
            text = signed_in().get(f"{PATH}/look-up", {"in": "spools", "q": "galaxy"}).content.decode()
            assert '<option value="spools" selected>From Spoolman</option>' in text
            assert "Prusament Galaxy Black · PLA" in text
            assert app.asked == []


@pytest.mark.browser
@pytest.mark.processes
class TestInABrowser:
    @pytest.fixture
    def page(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
        folder = tmp_path_factory.mktemp("hub")
        config = folder / "labelhub.toml"
        with App(answers) as app, chromium() as (browser, _phone):
            config.write_text(INVENTORY.format(origin=app.origin, token=TOKEN))
            env = {"LABELHUB_ADMIN_PASSWORD": PASSWORD, "LABELHUB_CONFIG": str(config)}
            with Hub(folder / "data", env=env) as hub:
                page = browser.new_context(**DESK).new_page()
                sign_in(page, hub.origin, "admin", PASSWORD)
                page.goto(hub.origin + PATH)
                yield page
                page.context.close()

    def test_it_works(self, page: Page) -> None:
        page.get_by_label("From Snipe-IT").fill("drill")
        page.get_by_role("button", name="Look up").click()
        expect(page.get_by_role("link", name="A-1042")).to_be_visible()
        assert Axe().run(page).response["violations"] == []
        page.get_by_role("link", name="A-1042").click()
        expect(page.get_by_label("Name")).to_have_value('Bench "drill"')
        page.get_by_role("button", name="Print", exact=True).click()
        page.wait_for_url("**/jobs/**")
        expect(page.get_by_text("A-1042").first).to_be_visible()
