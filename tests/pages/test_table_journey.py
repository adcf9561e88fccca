"""Many labels from one table, in a real browser on a real hub."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.hubs import Hub
from tests.pages.browser import DESK, chromium, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.processes]

PASSWORD = "a-password-for-this-test"


@pytest.mark.parametrize("scripts", [True, False])
def test_from_pasted_cells_to_printed_labels(tmp_path: Path, scripts: bool) -> None:
    with Hub(tmp_path / "data", env={"LABELHUB_ADMIN_PASSWORD": PASSWORD}) as hub, chromium() as (browser, _phone):
        page = browser.new_context(**DESK, java_script_enabled=scripts).new_page()
        wrong: list[str] = []
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        sign_in(page, hub.origin, "admin", PASSWORD)
        page.goto(f"{hub.origin}/print/asset-tag-12")
        page.get_by_role("link", name="Labels from a table").click()
        page.get_by_label("Cells copied from a spreadsheet").fill(
            "name\tid\tlink\nDrill\t0001\t\nSaw\t0002\tnonsense\n"
        )
        page.get_by_role("button", name="Read what was pasted").click()
        page.get_by_role("button", name="Show the labels").click()
        expect(page.locator(".summary-line")).to_contain_text("1 row cannot be printed as it is")
        page.get_by_role("link", name="Change row 3").click()
        page.get_by_label("Link in the QR code").fill("https://example.invalid/2")
        page.get_by_role("button", name="Save").click()
        expect(page.locator("#row-3 .badge")).to_have_text("Ready")
        expect(page.locator(".summary-line")).to_contain_text("Every label was drawn and read back.")
        page.get_by_role("button", name="Print 2 labels").click()
        page.wait_for_url(re.compile("/batches/"))
        expect(page.locator(".job-row")).to_have_count(2)
        assert wrong == []
