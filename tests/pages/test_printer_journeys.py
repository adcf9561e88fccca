"""What people do with a printer and with many jobs, in a real browser, on a real hub with emulated printers."""

import io
import re
import time
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from printers.emulator import EmulatedPrinter
from tests.hubs import Hub
from tests.pages.browser import DESK, sign_in
from tests.pages.test_journeys import PASSWORD, browser, context, hub, page

__all__ = ["browser", "context", "hub", "page"]
pytestmark = [pytest.mark.browser, pytest.mark.processes]


def on_printer(page: Page, name: str) -> None:
    page.get_by_role("link", name="Printers", exact=True).first.click()
    page.locator(".printer-row", has=page.get_by_text(name, exact=True)).click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()


def found_by_a_scan() -> EmulatedPrinter:
    """On one of the ports that a demo looks at; another hub of this machine may have them for a while."""
    until = time.monotonic() + 60
    while True:
        try:
            return EmulatedPrinter("QL-820NWB", "dk:29x90", port=9104, snmp_port=16104, speed=0).start()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)


def test_a_printer_is_found_and_added(page: Page) -> None:
    device = found_by_a_scan()
    try:
        page.get_by_role("link", name="Printers", exact=True).first.click()
        page.get_by_role("link", name="Look for printers").click()
        page.get_by_role("button", name="Look now").click()
        expect(page.locator(".scan-state")).to_contain_text("answered")
        expect(page.locator(".sighting", has_text="29 × 90 mm labels")).to_have_count(1)
        page.locator(".sighting", has_text="29 × 90 mm labels").get_by_role("button", name="Add").click()
        expect(page.get_by_role("heading", name="It is a QL-820NWB")).to_be_visible()
        page.get_by_label("Name").fill("found")
        page.get_by_role("button", name="Add the printer").click()
        expect(page.get_by_role("heading", name="found")).to_be_visible()
        page.get_by_role("button", name="Test print").click()
        expect(page.locator(".job-page .badge")).to_have_text("Printed", timeout=30_000)
        assert len(device.labels) == 1
    finally:
        device.stop()


def test_the_doctor_looks(page: Page) -> None:
    on_printer(page, "ql-820nwb")
    page.get_by_role("link", name="Connection").click()
    expect(page.locator(".check-steps")).to_have_count(0)
    page.get_by_role("button", name="Look now").click()
    expect(page.get_by_role("status").filter(has_text="All is well")).to_be_visible()
    expect(page.locator(".check-steps li.ok")).to_have_count(6)


def test_a_printer_is_calibrated(page: Page, hub: Hub) -> None:
    printed = hub.data / "demo" / "ql-820nwb"
    before = len(list(printed.glob("*.png")))
    on_printer(page, "ql-820nwb")
    page.get_by_role("link", name="Calibrate").click()
    page.get_by_role("button", name="Print the ruler").click()
    expect(page.locator(".job-page .badge")).to_have_text("Printed", timeout=30_000)
    assert len(list(printed.glob("*.png"))) == before + 1
    on_printer(page, "ql-820nwb")
    page.get_by_role("link", name="Calibrate").click()
    page.get_by_label("x: from the left edge").fill("19.5")
    page.get_by_label("y: from the upper edge").fill("31.2")
    page.get_by_role("button", name="Keep the difference").click()
    expect(page.locator(".offsets")).to_contain_text("0.5 mm to the right, 0.2 mm up")
    page.get_by_role("button", name="forget the shift").click()
    expect(page.get_by_text("No label of this printer is shifted.")).to_be_visible()


def test_several_jobs_by_keyboard(page: Page, hub: Hub) -> None:
    token = hub.said("API token")
    ids = []
    for number in range(3):
        body = {"printer": "pt-p750w", "template": "box-24", "fields": {"title": "Box", "code": f"9{number}"}}
        code, answer = hub.call("POST", "/api/print", body, token)
        assert code == 202, answer
        ids.append(answer["jobs"][0]["id"])
    page.get_by_role("link", name="Jobs", exact=True).first.click()
    expect(page.locator("input[name=job]").first).to_be_visible()
    expect(page.get_by_role("button", name="Hold")).to_be_hidden()
    page.locator(f"#pick-{ids[2]}").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.locator("[data-pick-count]")).to_have_text("2 chosen:")
    # A fragment that is swapped in leaves the choice alone.
    with page.expect_response(re.compile("/jobs/live")):
        hub.call("POST", f"/api/jobs/{ids[0]}/hold", {}, token)
    expect(page.locator(f"#pick-{ids[2]}")).to_be_checked()
    expect(page.locator(f"#pick-{ids[1]}")).to_be_focused()
    page.get_by_role("button", name="Cancel").press("Enter")
    expect(page.locator(".message")).to_contain_text("2 jobs are canceled.")
    states = [hub.call("GET", f"/api/jobs/{each}", token=token)[1]["state"] for each in ids]
    assert states == ["pending-held", "canceled", "canceled"]


def test_several_jobs_without_javascript(browser: Browser, hub: Hub) -> None:
    token = hub.said("API token")
    body = {"printer": "pt-p750w", "template": "box-24", "fields": {"title": "Box", "code": "77"}}
    job = hub.call("POST", "/api/print", body, token)[1]["jobs"][0]["id"]
    context = browser.new_context(**DESK, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, hub.origin, "admin", PASSWORD)
    page.goto(f"{hub.origin}/jobs")
    page.locator(f"#pick-{job}").check()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".message")).to_have_text("1 job is canceled.")
    context.close()
    assert hub.call("GET", f"/api/jobs/{job}", token=token)[1]["state"] == "canceled"


def test_the_support_bundle_is_a_file(page: Page, hub: Hub, tmp_path: Path) -> None:
    page.goto(f"{hub.origin}/about")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Support bundle").click()
    waiting.value.save_as(tmp_path / "bundle.zip")
    with zipfile.ZipFile(io.BytesIO((tmp_path / "bundle.zip").read_bytes())) as archive:
        whole = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert '"mode": "embedded"' in whole
    assert PASSWORD not in whole
    assert hub.said("API token") not in whole
