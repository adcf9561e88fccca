import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from templates_app.definition import document, fingerprint, json_schema, parse
from templates_app.errors import InvalidDefinition

BUILTIN = sorted((Path(__file__).parents[2] / "templates_app" / "builtin").glob("*.toml"))
MINIMAL: dict[str, Any] = {
    "key": "test",
    "title": "Test",
    "media": "tze:12",
    "fields": [{"name": "name"}],
    "elements": [{"kind": "text", "text": "{name}"}],
}


def changed(**changes: Any) -> dict[str, Any]:
    return {**MINIMAL, **changes}


def refusal(given: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidDefinition) as refused:
        parse(given)
    return [(p.pointer, p.message) for p in refused.value.problems]


def test_it_works() -> None:
    found = parse(MINIMAL)
    assert found.key == "test"
    assert [e.name for e in found.all_elements()] == ["text-1"]


def test_toml_and_json_mean_the_same() -> None:
    toml = (
        'key = "test"\ntitle = "Test"\nmedia = "tze:12"\n[[fields]]\nname = "name"\n'
        '[[elements]]\nkind = "text"\ntext = "{name}"\n'
    )
    assert fingerprint(parse(toml)) == fingerprint(parse(json.dumps(MINIMAL))) == fingerprint(parse(MINIMAL))


def test_what_a_version_stores_parses_to_the_same() -> None:
    for path in BUILTIN:
        found = parse(path.read_text(encoding="utf-8"))
        assert fingerprint(parse(json.loads(json.dumps(document(found))))) == fingerprint(found)


def test_the_schema_accepts_the_built_in_ones_and_refuses_a_wrong_one() -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    for path in BUILTIN:
        validator.validate(tomllib.loads(path.read_text(encoding="utf-8")))
    assert not validator.is_valid(changed(elements=[{"kind": "text", "txt": "x"}]))


def text(**attributes: Any) -> dict[str, Any]:
    return changed(elements=[{"kind": "text", "text": "x", **attributes}])


@pytest.mark.parametrize(
    ("given", "pointer", "said"),
    [
        (changed(key="No Spaces"), "/key", "pattern"),
        (changed(media="tze:13"), "/media", "tze:12"),
        (changed(media=[]), "/media", "At least one medium"),
        (changed(elements=[]), "/elements", "at least 1 item"),
        (changed(elements=[{"kind": "tekst"}]), "/elements/0", "text, barcode, image"),
        (changed(elements=[{"kind": "text"}]), "/elements/0/text", "“text” is missing"),
        (text(siize=3), "/elements/0/siize", "did you mean “size”"),
        (text(text="{nam}"), "/elements/0/text", "did you mean “name”"),
        (text(text="{name"), "/elements/0/text", "single “{”"),
        (text(text="{name + 3d}"), "/elements/0/text", "which is no date"),
        (text(text="{item}"), "/elements/0/text", "inside a group that repeats"),
        (text(text="{serial:box}"), "/elements/0/text", "no counter “box”"),
        (text(visible="nam"), "/elements/0/visible", "did you mean “name”"),
        (text(size=0.1), "/elements/0", "0.5 to 300 mm"),
        (text(width="wide"), "/elements/0/width", "valid number"),
        (text(x=float("nan")), "/elements/0/x", "finite"),
        (
            changed(elements=[{"kind": "group", "elements": [{"kind": "barcode", "value": "1", "level": "Z"}]}]),
            "/elements/0/elements/0",
            "no error correction level Z",
        ),
        (
            changed(elements=[{"kind": "text", "text": "a", "name": "n"}, {"kind": "text", "text": "b", "name": "n"}]),
            "/elements/1/name",
            "two elements “n”",
        ),
        (changed(fields=[{"name": "name"}, {"name": "name"}]), "/fields/1/name", "two fields “name”"),
        (changed(fields=[{"name": "name", "type": "integer", "default": "x"}]), "/fields/0", "no whole number"),
        (changed(fields=[{"name": "name", "type": "choice"}]), "/fields/0", "has choices exactly when"),
        (changed(fields=[{"name": "name", "pattern": "("}]), "/fields/0/pattern", "no regular expression"),
        (changed(fields=[{"name": "name"}, {"name": "today"}]), "/fields/1/name", "meaning of its own"),
        (changed(length=10, min_length=5), "", "Length is fixed already"),
        (changed(elements=[{"kind": "image"}]), "/elements/0", "either a field, a picture or data"),
        (changed(elements=[{"kind": "image", "field": "name"}]), "/elements/0/field", "of type image"),
        (changed(elements=[{"kind": "image", "data": "AAAA"}]), "/elements/0/data", "no PNG or JPEG"),
    ],
)
def test_it_says_what_is_wrong_and_where(given: dict[str, Any], pointer: str, said: str) -> None:
    problems = refusal(given)
    assert [p for p, _ in problems] == [pointer]
    assert said in problems[0][1], problems


def test_every_problem_is_listed() -> None:
    given = changed(key="A B", elements=[{"kind": "text"}, {"kind": "line", "thick": 1}])
    assert [pointer for pointer, _ in refusal(given)] == ["/key", "/elements/0/text", "/elements/1/thick"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("key = ", "This is no TOML"),
        ('{"key": }', "This is no JSON"),
        ("[1, 2]", "is no TOML"),
        ("[[1], [2]]", "is no TOML"),
        ('["a"]', "is a table"),
        ("[" * 100_000, "no TOML"),
        ('{"a":' * 100_000, "nested too deep"),
        ("x" * 3_000_001, "3000000 are allowed"),
    ],
)
def test_no_document_is_a_sentence(given: str, said: str) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        parse(given, source="mine.toml")
    assert said in refused.value.detail
    assert refused.value.detail.startswith("mine.toml: ")
