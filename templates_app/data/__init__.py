"""Tables in: CSV, XLSX, JSON lines or what was pasted, row by row, every cell as the text that a person saw."""

import io
from typing import BinaryIO

from django.utils.translation import gettext as _

from templates_app.data.json_lines import read_json_lines
from templates_app.data.limits import MAX_BYTES, MAX_CELL, MAX_COLUMNS, MAX_ROWS, TableRefused
from templates_app.data.lines import Line, Source
from templates_app.data.separated import read_separated
from templates_app.data.text import decoded

__all__ = [
    "MAX_BYTES",
    "MAX_CELL",
    "MAX_COLUMNS",
    "MAX_ROWS",
    "Line",
    "Source",
    "TableRefused",
    "read_paste",
    "read_table",
]

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def read_table(file: BinaryIO, size: int) -> Source:
    """`file` is read while `lines` of the answer are; it must be seekable. What it is, its content says.

    Raises TableRefused, also while the lines are read.
    """
    if size > MAX_BYTES:
        raise TableRefused(
            _("The file has %(size)d MB, %(most)d MB are allowed. Leave out what the labels do not need.")
            % {"size": -(-size // 1_000_000), "most": MAX_BYTES // 1_000_000}
        )
    file.seek(0)
    start = file.read(64)
    file.seek(0)
    if not start.strip():
        raise TableRefused(_("The file is empty."))
    if start.startswith(_ZIP):
        # openpyxl takes memory for good; a hub that never sees a workbook is spared it.
        from templates_app.data.workbook import read_workbook

        return read_workbook(file)
    if start.startswith(_OLE):
        raise TableRefused(
            _("This is an old .xls workbook, or one with a password. Save it as .xlsx without a password, or as CSV.")
        )
    text, encoding = decoded(file)
    return _of_text(text, encoding)


def read_paste(text: str) -> Source:
    """Cells copied in a spreadsheet come with tabs between them; CSV and JSON lines can be pasted as well."""
    if not text.strip():
        raise TableRefused(_("Nothing was pasted."))
    return _of_text(io.StringIO(text.strip("\r\n"), newline=""), "")


def _of_text(text: io.TextIOBase, encoding: str) -> Source:
    start = text.read(4096).lstrip()
    text.seek(0)
    if start.startswith("{"):
        return read_json_lines(text, encoding)
    if start.startswith(("[{", "[\n", "[\r")):
        raise TableRefused(_("This is one JSON list. Write one JSON object in each line instead (JSON lines)."))
    return read_separated(text, encoding)
