"""XLSX: one visible sheet, as its values look in the spreadsheet program."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.etree import ElementTree

import openpyxl
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from openpyxl.cell.read_only import EMPTY_CELL

from templates_app.data.cells import cell_text
from templates_app.data.limits import (
    MAX_COLUMNS,
    MAX_PARTS,
    MAX_SHARED_TEXTS,
    MAX_SMALL_PART,
    MAX_UNPACKED,
    TableRefused,
)
from templates_app.data.lines import Line, Source, letters, within_limits

_END, _LOCATOR_64 = b"PK\x05\x06", b"PK\x06\x07"
_END_LENGTH, _LONGEST_COMMENT = 22, 0xFFFF
# Whatever a reader of XML in zips stumbles over; its own errors are among them.
_DAMAGED = (
    AttributeError, EOFError, LookupError, OSError, RuntimeError, TypeError, ValueError, ElementTree.ParseError,
    struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
_C, _V, _F, _IS, _ROW = (
    f"{{http://schemas.openxmlformats.org/spreadsheetml/2006/main}}{tag}" for tag in ("c", "v", "f", "is", "row")
)


def read_workbook(file: BinaryIO, *, sheet: str = "") -> Source:
    """The visible sheet of that name, else the one that was open when it was saved, else the first.

    Raises TableRefused before anything is unpacked, for a bomb as well as for another kind of zip."""
    parts = _directory(file)
    _check_parts(parts)
    try:
        book: Any = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        usual = book.active if book.active in sheets else sheets[0]
        chosen = next((each for each in sheets if each.title == sheet), usual)
        formulas, unanswered = _formulas(file, chosen)
    except _DAMAGED as error:
        raise TableRefused(_("The workbook is damaged. Open it, and save it again as .xlsx.")) from error
    notes = [_("Sheet “%(name)s”") % {"name": chosen.title}]
    if formulas:
        said = ngettext("%(count)d formula, read as its result", "%(count)d formulas, read as their results", formulas)
        notes.append(said % {"count": formulas})
    lines = within_limits(_lines(chosen, unanswered))
    return Source("xlsx", notes, lines, sheet=chosen.title, sheets=[each.title for each in sheets])


def _directory(file: BinaryIO) -> list[zipfile.ZipInfo]:
    """The zip's own list of parts. It is measured first: a list can be a bomb as well."""
    file.seek(0, 2)
    size = file.tell()
    file.seek(max(0, size - _END_LENGTH - _LONGEST_COMMENT - 20))
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_LENGTH:
        raise TableRefused(_("The workbook is cut off: its end is missing. Send it once more."))
    entries, length = struct.unpack_from("<HI", tail, at + 10)
    if entries > MAX_PARTS or length > MAX_PARTS * 200 or tail[max(0, at - 20) : at].startswith(_LOCATOR_64):
        raise TableRefused(_("The workbook has too many parts."))
    try:
        with zipfile.ZipFile(file) as archive:
            return archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise TableRefused(_("The workbook is damaged. Open it, and save it again as .xlsx.")) from error


def _check_parts(parts: list[zipfile.ZipInfo]) -> None:
    names = {part.filename for part in parts}
    if "xl/workbook.xml" not in names:
        what = _("This is an OpenDocument file.") if "content.xml" in names else _("This zip holds no .xlsx workbook.")
        raise TableRefused(f"{what} " + _("Save the table as .xlsx or CSV."))
    if any(part.flag_bits & 1 for part in parts):
        raise TableRefused(_("The workbook has a password. Save it without one."))
    if len(parts) > MAX_PARTS:
        raise TableRefused(_("The workbook has too many parts."))
    for part in parts:
        # What is read sheet by sheet may be large, what is read at once may not.
        most = MAX_UNPACKED
        if part.filename.endswith("sharedStrings.xml"):
            most = MAX_SHARED_TEXTS
        elif part.filename.endswith((".xml", ".rels")) and not part.filename.startswith("xl/worksheets/sheet"):
            most = MAX_SMALL_PART
        if part.file_size > most:
            raise _too_large(part.filename, part.file_size, most)
    total = sum(part.file_size for part in parts)
    if total > MAX_UNPACKED:
        raise _too_large("", total, MAX_UNPACKED)


def _too_large(name: str, size: int, most: int) -> TableRefused:
    what = _("“%(name)s” in the workbook") % {"name": name} if name else _("The workbook")
    return TableRefused(
        _("%(what)s has %(size)d MB unpacked, %(most)d MB are allowed. Keep only the sheet with the labels.")
        % {"what": what, "size": size // 1_000_000, "most": most // 1_000_000}
    )


def _formulas(file: BinaryIO, sheet: Any) -> tuple[int, frozenset[str]]:
    """How many formulas have a stored result, and the cells of those that have none.

    A program wrote these, and no spreadsheet opened them since. Reading values, openpyxl shows such a cell as empty.
    """
    with zipfile.ZipFile(file) as archive:
        path = sheet._worksheet_path
        with archive.open(path) as part:
            start = part.read(1 << 12)
            if b"<!DOCTYPE" in start or b"<!ENTITY" in start:
                raise ValueError("a workbook declares no entities")
            formulas = b"<f" in start
            last = start[-1:]
            while not formulas and (chunk := part.read(1 << 16)):
                formulas = b"<f" in last + chunk
                last = chunk[-1:]
        if not formulas:
            return 0, frozenset()
        answered, found = 0, set()
        with archive.open(path) as part:
            for _event, element in ElementTree.iterparse(part):  # noqa: S314 - without declarations, see above
                if element.tag == _C:
                    result = element.find(_V)
                    if element.find(_F) is None:
                        continue
                    if (result is not None and result.text) or element.get("t") == "str":
                        answered += 1
                    else:
                        found.add(element.get("r", ""))
                elif element.tag == _ROW:
                    element.clear()
        return answered, frozenset(found)


def _width(row: tuple[Any, ...]) -> int:
    """Up to the last cell that the file has."""
    return next((at for at in range(len(row), 0, -1) if row[at - 1] is not EMPTY_CELL), 0)


def _lines(sheet: Any, unanswered: frozenset[str]) -> Iterator[Line]:
    # The size that a sheet says to have is often wrong.
    sheet.reset_dimensions()
    blank = None
    try:
        for number, row in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS + 1), 1):
            # Rows that the file does not have are one and the same tuple.
            width = 0 if row is blank else _width(row)
            if not width:
                blank = row
                yield Line(number, [])
                continue
            cells, problems = [], []
            for at, cell in enumerate(row[:width]):
                text, problem = cell_text(cell)
                if unanswered and f"{letters(at)}{number}" in unanswered:
                    problem = _("the formula has no stored result; open and save the workbook in a spreadsheet program")
                if problem:
                    problems.append((at, _("Column %(column)s: %(what)s.") % {"column": letters(at), "what": problem}))
                cells.append(text)
            yield Line(number, cells, tuple(problems))
    except _DAMAGED as error:
        raise TableRefused(_("The workbook is damaged. Open it, and save it again as .xlsx.")) from error
