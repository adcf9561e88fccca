"""`python -m tests.pages.icons`: the PNG icons of an installed hub, drawn by Chromium from static/icons/favicon.svg."""

import io
from base64 import b64encode

from PIL import Image

from tests.hubs import ROOT
from tests.pages.browser import chromium

FOLDER = ROOT / "static" / "icons"
SOURCE = FOLDER / "favicon.svg"
GROUND = "#2b50d8"
# File: width, and how much of it the drawing takes; what a system cuts round has to lie in the middle 80 %.
ICONS = {
    "icon-192.png": (192, 1.0),
    "icon-512.png": (512, 1.0),
    "icon-maskable-512.png": (512, 0.8),
    "apple-touch-icon.png": (180, 0.9),
}


def main() -> None:
    svg = b64encode(SOURCE.read_bytes()).decode()
    with chromium() as (browser, _phone):
        for name, (size, share) in ICONS.items():
            page = browser.new_page(viewport={"width": size, "height": size})
            ground = "transparent" if share == 1.0 else GROUND
            page.set_content(
                f"<body style='margin:0;height:100vh;display:grid;place-items:center;background:{ground}'>"
                f"<img width='{round(size * share)}' src='data:image/svg+xml;base64,{svg}'>"
            )
            picture = page.screenshot(omit_background=True)
            Image.open(io.BytesIO(picture)).save(FOLDER / name, optimize=True)
            page.close()


if __name__ == "__main__":
    main()
