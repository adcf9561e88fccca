"""Tables that the tests of this folder read."""

import io
from datetime import datetime
from typing import Any

import openpyxl

from templates_app.data import Source, read_table


def source(content: bytes | str) -> Source:
    raw = content.encode() if isinstance(content, str) else content
    return read_table(io.BytesIO(raw), len(raw))


def cells(content: bytes | str) -> list[list[str]]:
    return [line.cells for line in source(content).lines]


def workbook(*rows: list[Any], formats: dict[str, str] | None = None) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for place, form in (formats or {}).items():
        sheet[place].number_format = form
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


NOON = datetime(2026, 11, 21, 12, 0)  # noqa: DTZ001 - a spreadsheet knows no zones
