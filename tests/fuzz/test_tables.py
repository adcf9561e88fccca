"""Tables that somebody uploads or pastes."""

import io
import re
import zipfile
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from templates_app.data import MAX_COLUMNS, TableRefused, read_paste, read_table
from templates_app.data.mapping import guess_mapping
from templates_app.data.values import Style, field_text, guess_style
from templates_app.definition import parse
from templates_app.definition.fields import FieldType
from tests.fuzz.mutations import TEXTS, bounded, fuzz, mutated, or_refused
from tests.templates_app.data.tables import NOON, workbook

CSV = [
    b'name;id;when\nDrill;0007;21.11.2026\n"S""aw";8;2026-11-21\n',
    '\ufeffname,größe\nSäge,"1.234,5"\n'.encode(),
    "name\tid\r\nDrill\t7\r\n".encode("utf-16"),
    "Größe;Straße\n1;2\n".encode("cp1252"),
]
LINES = [
    b'{"name": "Drill", "id": 7}\n{"name": "Saw", "tags": ["a", "b"], "x": null}\n',
    b'{"a": [1.5, "true"], "b": true}\n',
]
BOOK = workbook(
    ["name", "id", "when"], ["Drill", 7, NOON], ["=1+1", 0.1, True], ["ä", None, "x"], formats={"B2": "0000"}
)


def read(raw: bytes) -> int:
    count = 0
    for line in read_table(io.BytesIO(raw), len(raw)).lines:
        assert len(line.cells) <= MAX_COLUMNS
        assert all(isinstance(cell, str) for cell in line.cells)
        count += 1
    return count


def read_or_refused(raw: bytes) -> None:
    with bounded(4.0, 80), or_refused(TableRefused):
        read(raw)


@fuzz(100)
@given(mutated(CSV))
def test_separated(raw: bytes) -> None:
    read_or_refused(raw)


@fuzz(60)
@given(mutated(LINES))
def test_json_lines(raw: bytes) -> None:
    read_or_refused(raw)


@fuzz(60)
@given(TEXTS | st.lists(TEXTS, max_size=20).map("\t".join) | st.lists(TEXTS, max_size=20).map("\n".join))
def test_pasted(text: str) -> None:
    with bounded(4.0, 80), or_refused(TableRefused):
        for _line in read_paste(text).lines:
            pass


@fuzz(60)
@given(mutated([BOOK]))
def test_a_workbook_with_damage_in_its_zip(raw: bytes) -> None:
    read_or_refused(raw)


def _parts() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(BOOK)) as book:
        return {name: book.read(name) for name in book.namelist()}


PARTS = _parts()


def _packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content)
    return out.getvalue()


@fuzz(60)
@given(st.data())
def test_a_workbook_with_damage_in_a_part(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(PARTS)))
    read_or_refused(_packed({**PARTS, name: data.draw(mutated([PARTS[name]]))}))


HUGE = ("1048577", "999999999999999999", "-1", "ZZZZZZ1", "A0", "1e308", "nan", "")


@fuzz(40)
@given(st.data())
def test_a_workbook_with_other_numbers(data: st.DataObject) -> None:
    """References, counts, styles and values that no spreadsheet program would write."""
    name = data.draw(st.sampled_from(["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml"]))
    text = PARTS[name].decode()
    places = [match.span(1) for match in re.finditer(r'(?:"|>)([\w.:-]{1,20})(?:"|<)', text)]
    for start, end in sorted(data.draw(st.lists(st.sampled_from(places), max_size=3, unique=True)), reverse=True):
        text = text[:start] + data.draw(st.sampled_from(HUGE)) + text[end:]
    read_or_refused(_packed({**PARTS, name: text.encode()}))


KINDS = get_args(FieldType)


@pytest.mark.parametrize("style", [Style(), Style(",", "mdy")])
@fuzz(60)
@given(cells=st.lists(TEXTS | st.from_regex(r"[\d.,/ '-]{1,24}", fullmatch=True), max_size=8))
def test_cells_become_values(style: Style, cells: list[str]) -> None:
    fields = [{"name": kind, "type": kind, **({"choices": ["a", "1.5"]} if kind == "choice" else {})} for kind in KINDS]
    made = parse(
        {"key": "t", "title": "T", "media": "tze:12", "fields": fields, "elements": [{"kind": "text", "text": "x"}]}
    )
    with bounded(1.0, 20):
        guess_style(iter(cells), style)
        guess_mapping(made, cells, [cells], None)
        for field in made.fields:
            for cell in cells:
                assert isinstance(field_text(field, cell, style), str)


def test_the_seeds_are_right() -> None:
    assert [read(raw) for raw in [*CSV, *LINES, BOOK, _packed(PARTS)]] == [3, 2, 2, 2, 2, 1, 4, 4]
