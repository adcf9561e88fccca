import pytest

from templates_app.data import TableRefused
from tests.templates_app.data.tables import cells, source


def test_it_works() -> None:
    found = source('{"name": "Drill", "id": "0007"}\n\n{"id": "8", "weight": 1.50, "parts": ["a", 2]}\n')
    assert [(line.number, line.cells) for line in found.lines] == [
        (1, ["Drill", "0007"]),
        (3, ["", "8", "1.50", "a\n2"]),
    ]
    assert found.names == ["name", "id", "weight", "parts"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('{"a": 1}\n{"a": }\n', "Row 2 is no JSON: Expecting value at character 7."),
        ('{"a": 1}\n7\n', "Row 2 is no JSON object"),
        ('{"a": {"b": 1}}\n', "Row 1: “a” holds an object"),
        ('{"a": "\\u0000"}\n', "Row 1, column A: this holds bytes that are no text."),
        ('{"a": "\\ud800"}\n', "Row 1, column A: this holds bytes that are no text."),
        ("{" + '"a":{' * 90_000, "Row 1 "),
    ],
)
def test_refusals_say_where(content: str, sentence: str) -> None:
    with pytest.raises(TableRefused) as caught:
        cells(content)
    assert caught.value.detail.startswith(sentence)
