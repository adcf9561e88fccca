import io
import struct
import zipfile
from datetime import datetime, time
from typing import Any

import pytest

from templates_app.data import TableRefused
from templates_app.data.cells import number_text
from templates_app.data.limits import MAX_PARTS
from tests.templates_app.data.tables import NOON, cells, source, workbook


def changed(book: bytes, *, drop: str = "", **parts: bytes) -> bytes:
    """The workbook with parts replaced; `__` in a name stands for a slash, `_xml` for its ending."""
    wanted = {name.replace("__", "/").replace("_xml", ".xml"): content for name, content in parts.items()}
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in wanted and name != drop:
                new.writestr(name, old.read(name))
        for name, content in wanted.items():
            new.writestr(name, content)
    return out.getvalue()


def refusal(book: bytes) -> str:
    with pytest.raises(TableRefused) as caught:
        cells(book)
    return caught.value.detail


def test_it_works() -> None:
    found = source(workbook(["name", "id"], ["Drill", "0007"], [], ["Saw", 8]))
    assert [(line.number, line.cells) for line in found.lines] == [
        (1, ["name", "id"]),
        (2, ["Drill", "0007"]),
        (4, ["Saw", "8"]),
    ]
    assert (found.kind, found.notes) == ("xlsx", ["Sheet “Sheet”"])


@pytest.mark.parametrize(
    ("value", "form", "shown"),
    [
        (7, "00000", "00007"),
        (1234567, "000-000", "1234-567"),
        (42, '"A-"0000', "A-0042"),
        (42, "\\A0000", "A0042"),
        (12.5, "General", "12.5"),
        (0.1 + 0.2, "General", "0.3"),
        (1234.5, "#,##0.00", "1234.50"),
        (0.25, "0%", "25%"),
        (1e15, "General", "1000000000000000"),
        (-7, "00000", "-7"),
    ],
)
def test_numbers_look_as_in_the_sheet(value: float, form: str, shown: str) -> None:
    assert number_text(value, form) == shown


def test_dates_times_and_truth() -> None:
    rows: list[Any] = [datetime(2026, 11, 21), NOON, time(14, 30), True]  # noqa: DTZ001
    book = workbook(["a", "b", "c", "d"], rows, formats={"A2": "dd.mm.yyyy", "B2": "dd.mm.yyyy hh:mm"})
    assert cells(book)[1] == ["2026-11-21", "2026-11-21T12:00", "14:30", "true"]


def sheet(*row: str) -> bytes:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{main}"><sheetData><row r="1">{"".join(row)}</row></sheetData></worksheet>'.encode()


def test_a_formula_shows_its_stored_value() -> None:
    book = changed(workbook(["x"]), xl__worksheets__sheet1_xml=sheet('<c r="A1"><f>1+1</f><v>2</v></c>'))
    made = source(book)
    (line,) = made.lines
    assert (line.cells, line.problems) == (["2"], ())
    assert made.notes == ["Sheet “Sheet”", "1 formula, read as its result"]


def test_a_formula_without_a_stored_value_is_told() -> None:
    (line,) = source(workbook(["=1+1", "beside"])).lines
    assert line.cells == ["", "beside"]
    assert line.problems == (
        (0, "Column A: the formula has no stored result; open and save the workbook in a spreadsheet program."),
    )


def test_an_error_value_is_told() -> None:
    book = changed(workbook(["x"]), xl__worksheets__sheet1_xml=sheet('<c r="A1" t="e"><f>1/0</f><v>#DIV/0!</v></c>'))
    (line,) = source(book).lines
    assert (line.cells, line.problems) == ([], ((0, "Column A: the formula gives #DIV/0!."),))


def test_the_sheets_own_size_is_not_believed() -> None:
    content = zipfile.ZipFile(io.BytesIO(workbook(["a"], ["b"]))).read("xl/worksheets/sheet1.xml")
    book = changed(workbook(["a"], ["b"]), xl__worksheets__sheet1_xml=content.replace(b"A1:A2", b"A1:A1"))
    assert cells(book) == [["a"], ["b"]]


def test_a_part_of_2_gb_is_refused_from_the_directory() -> None:
    book = bytearray(workbook(["a"]))
    at = book.rfind(b"xl/worksheets/sheet1.xml") - 46
    assert book[at : at + 4] == b"PK\x01\x02"
    struct.pack_into("<I", book, at + 24, 2_000_000_000)
    assert refusal(bytes(book)).startswith("“xl/worksheets/sheet1.xml” in the workbook has 2000 MB unpacked, 200 MB")


def test_a_bomb_is_refused() -> None:
    bomb = changed(workbook(["a"]), xl__sharedStrings_xml=b"\0" * 50_000_000)
    assert len(bomb) < 100_000
    assert refusal(bomb).startswith("“xl/sharedStrings.xml” in the workbook has 50 MB unpacked, 40 MB are allowed.")


def test_many_parts_are_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for n in range(MAX_PARTS + 1):
            archive.writestr(str(n), b"")
    assert refusal(out.getvalue()) == "The workbook has too many parts."


def test_entities_are_refused() -> None:
    content = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "a">]>' + sheet()
    assert refusal(changed(workbook(["x"]), xl__worksheets__sheet1_xml=content)).startswith("The workbook is damaged.")


@pytest.mark.parametrize("row", ['<c r="A1"><v>', '<c r="A1" t="s"><v>99999</v></c>'])
def test_damaged_sheets_are_refused(row: str) -> None:
    assert refusal(changed(workbook(["x"]), xl__worksheets__sheet1_xml=sheet(row))).startswith(
        "The workbook is damaged."
    )


def test_a_row_far_down_is_refused_soon() -> None:
    far = sheet('<c r="A1"><v>1</v></c>').replace(b'<row r="1">', b'<row r="99999999">').replace(b"A1", b"A99999999")
    assert "too many empty rows" in refusal(changed(workbook(["x"]), xl__worksheets__sheet1_xml=far))


def test_more_columns_than_allowed() -> None:
    assert refusal(workbook(["x"] * 300)) == "Row 1 has 201 columns, 200 are allowed."


def test_other_zips_are_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("content.xml", b"<x/>")
    assert refusal(out.getvalue()) == "This is an OpenDocument file. Save the table as .xlsx or CSV."
    assert refusal(b"PK\x03\x04 and no end").startswith("The workbook is cut off")
