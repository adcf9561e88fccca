import codecs

import pytest

from templates_app.data import MAX_BYTES, MAX_CELL, MAX_COLUMNS, MAX_ROWS, TableRefused, read_paste, read_table
from tests.templates_app.data.tables import cells, source

TABLE = [["name", "id"], ["Börse", "0007"]]


def test_it_works() -> None:
    found = source("name,id\nDrill,0007\n")
    assert [(line.number, line.cells) for line in found.lines] == [(1, ["name", "id"]), (2, ["Drill", "0007"])]
    assert (found.kind, found.notes) == ("csv", ["UTF-8, separated by commas"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings(encoding: str) -> None:
    assert cells("name;id\r\nBörse;0007\r\n".encode(encoding)) == TABLE


def test_utf_16_that_says_big_endian() -> None:
    assert cells(codecs.BOM_UTF16_BE + "name\tid\nBörse\t0007\n".encode("utf-16-be")) == TABLE


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_are_guessed(separator: str) -> None:
    assert cells(f"name{separator}id\nBörse{separator}0007\n") == TABLE


def test_a_comma_in_every_number_does_not_mislead() -> None:
    assert cells("name;price\nDrill;12,50\nSaw;8,00\n")[1] == ["Drill", "12,50"]


def test_the_separator_that_excel_names_is_taken() -> None:
    assert cells("sep=;\na;b,c,d\n1;2,3,4\n") == [["a", "b,c,d"], ["1", "2,3,4"]]


def test_quotes_hold_separators_line_ends_and_quotes() -> None:
    assert cells('a,b\n"x, ""y""","two\nlines"\n') == [["a", "b"], ['x, "y"', "two\nlines"]]


def test_one_column_is_a_table_too() -> None:
    assert cells("name\nDrill\n") == [["name"], ["Drill"]]


def test_empty_rows_are_left_out_and_counted() -> None:
    assert [line.number for line in source("a,b\n\n,\n1,2\n").lines] == [1, 4]


def test_what_is_pasted_from_a_spreadsheet() -> None:
    assert [line.cells for line in read_paste('name\tid\r\n"two\nlines"\t0007\r\n').lines] == [
        ["name", "id"],
        ["two\nlines", "0007"],
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b"\n\n,,\n", "The table has no rows."),
        (b"a,b\n1,\"x\n", "Row 2: a quotation mark is opened and never closed."),
        (b'a,b\n1,2\n3,"x"y\n', "Row 3: a quotation mark inside quotes must be written twice."),
        (b"\x89PNG\r\n\x1a\n\0\0", "This is neither a text file nor an .xlsx workbook."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "This is an old .xls workbook, or one with a password."),
        (b"a" * (MAX_CELL + 1), "Row 1, column A: this has 4001 characters, 4000 are allowed."),
        (b"a," * MAX_COLUMNS + b"a\n", "Row 1 has 201 columns, 200 are allowed."),
        (b"a\n" * (MAX_ROWS + 2), f"Row {MAX_ROWS + 2}: a table may have {MAX_ROWS} rows."),
        (b"a,b\n1,x" + b"\n" * 5000 + b"2,\0\n", "Row 5002, column B: this holds bytes that are no text."),
        (b'[{"a": 1}]', "This is one JSON list."),
        (codecs.BOM_UTF8 + b"\xff\xfe", "The file says that it is UTF-8, but it is not."),
    ],
)  # fmt: skip
def test_refusals_say_where(content: bytes, sentence: str) -> None:
    with pytest.raises(TableRefused) as caught:
        cells(content)
    assert caught.value.detail.startswith(sentence)


def test_a_file_that_is_too_large_is_not_read() -> None:
    with pytest.raises(TableRefused, match="The file has 21 MB, 20 MB are allowed"):
        read_table(None, MAX_BYTES + 1)  # type: ignore[arg-type]


def test_nothing_pasted() -> None:
    with pytest.raises(TableRefused, match="Nothing was pasted"):
        read_paste(" \n ")
