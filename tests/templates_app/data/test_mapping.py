from typing import Any

import pytest

from templates_app.data.export import csv_lines
from templates_app.data.mapping import guess_mapping, names_columns, normal
from templates_app.definition import Definition
from tests.templates_app.labels import definition

FIELDS: list[dict[str, Any]] = [
    {"name": "name", "label": {"en": "Name", "de": "Bezeichnung"}},
    {"name": "id", "label": {"en": "Asset id", "de": "Inventarnummer"}},
    {"name": "url", "type": "url", "label": {"en": "Link in the QR code", "de": "Link im QR-Code"}},
]


@pytest.fixture
def made() -> Definition:
    return definition({"kind": "text", "text": "{name}"}, fields=FIELDS)


@pytest.mark.parametrize(
    ("columns", "wanted"),
    [
        (["id", "name"], {"id": 0, "name": 1}),
        (["NAME", "Asset ID"], {"name": 0, "id": 1}),
        (["Bezeichnung", "Inventar-Nr", "Inventarnummer"], {"name": 0, "id": 2}),
        (["Inventarnumer", "Bezeichung"], {"id": 0, "name": 1}),
        (["Room", "Weight"], {}),
    ],
)
def test_columns_are_known_by_name_and_label(made: Definition, columns: list[str], wanted: dict[str, int]) -> None:
    assert guess_mapping(made, columns) == wanted


def test_addresses_are_known_by_their_looks(made: Definition) -> None:
    samples = [["Drill", "https://example.org/1"], ["Saw", "https://example.org/2"]]
    assert guess_mapping(made, ["name", "Where"], samples) == {"name": 0, "url": 1}


def test_what_was_chosen_last_time_comes_first(made: Definition) -> None:
    remembered = {normal("What"): "name", normal("Name"): ""}
    assert guess_mapping(made, ["Name", "What"], remembered=remembered) == {"name": 1}


def test_a_column_serves_one_field(made: Definition) -> None:
    assert guess_mapping(made, ["name", "name"]) == {"name": 0}


@pytest.mark.parametrize(
    ("first", "wanted"),
    [
        (["name", "weight"], True),
        (["Room", "Weight"], True),
        (["Drill", "7"], False),
        (["https://example.org", "x"], False),
        (["only"], False),
        (["twice", "twice"], False),
    ],
)
def test_whether_the_first_line_names_the_columns(made: Definition, first: list[str], wanted: bool) -> None:
    assert names_columns(made, first) is wanted


def test_exported_cells_are_not_run() -> None:
    rows = [["a", "=1+1", "+1", "-1", "@x", "\tx", 'q"', None]]
    assert list(csv_lines(rows)) == ["a,'=1+1,'+1,'-1,'@x,'\tx,\"q\"\"\",\r\n"]
