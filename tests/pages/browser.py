"""Chromium for tests, and for the pictures of the documentation; it never leaves this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}


@contextmanager
def chromium() -> Iterator[tuple[Browser, dict[str, Any]]]:
    """The browser and the description of a phone."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield browser, playwright.devices["Pixel 7"]
        finally:
            browser.close()


def sign_in(page: Page, origin: str, name: str, password: str) -> None:
    page.goto(f"{origin}/sign-in")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{origin}/")
