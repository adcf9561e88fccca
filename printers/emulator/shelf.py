"""Where labels come out: a numbered PNG each, and one JSON line each in labels.jsonl."""

import errno
import json
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from printers.emulator.pages import Cut, Page
from printers.raster import Raster

LINES = "labels.jsonl"


@dataclass(frozen=True, slots=True)
class Printed:
    """A label that came out, in feed view; `png` is the file, where there is a folder.

    `length_mm` is the printed image, `tape_mm` all that the label took from the roll; `job` counts from 1, `page` from
    1 within it; `cut` is what happened behind the label.
    """

    number: int
    job: int
    page: int
    medium: str
    cut: Cut
    length_mm: float
    margin_mm: float
    tape_mm: float
    mirrored: bool
    printed_at: datetime
    raster: Raster
    png: Path | None

    @property
    def image(self) -> bytes:
        """Its PNG, which is made for whoever asks for it."""
        return self.raster.png


class Shelf:
    """Raises OSError where the folder cannot be made or written."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._number = 0
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            if not os.access(folder, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, "It cannot be written")
            self._number = max(
                (int(p.stem) for p in folder.glob("*.png") if re.fullmatch(r"\d{4,}", p.stem)), default=0
            )

    def put(self, page: Page, *, job: int, tape_mm: float, model: str) -> Printed:
        """Keep this label. Its PNG is whole before this returns, and never seen in part."""
        self._number += 1
        printed = Printed(
            number=self._number,
            job=job,
            page=page.number,
            medium=page.medium_key,
            cut=page.cut,
            length_mm=round(page.raster.length_mm, 3),
            margin_mm=round(page.margin_mm, 3),
            tape_mm=round(tape_mm, 3),
            mirrored=page.mirrored,
            printed_at=datetime.now(UTC),
            raster=page.raster,
            png=self._folder / f"{self._number:04}.png" if self._folder else None,
        )
        if printed.png is not None and self._folder is not None:
            unfinished = printed.png.with_suffix(".part")
            unfinished.write_bytes(printed.image)
            unfinished.replace(printed.png)
            with (self._folder / LINES).open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(_line(printed, page.raster, model)) + "\n")
        return printed


def _line(printed: Printed, raster: Raster, model: str) -> dict[str, object]:
    return {
        "label": printed.number,
        "png": printed.png.name if printed.png else None,
        "job": printed.job,
        "page": printed.page,
        "model": model,
        "medium": printed.medium,
        "cut": printed.cut,
        "length_mm": printed.length_mm,
        "margin_mm": printed.margin_mm,
        "tape_mm": printed.tape_mm,
        "lines": raster.lines,
        "pins": raster.pins,
        "dpi": [raster.dpi_along, raster.dpi_across],
        "mirrored": printed.mirrored,
        "sha256": raster.sha256,
        "printed_at": printed.printed_at.isoformat().replace("+00:00", "Z"),
    }
