"""Whatever people type into a built-in template, it comes out readable or is refused with a reason."""

from itertools import combinations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from printers.media import find_medium
from templates_app.errors import DoesNotFit
from templates_app.lint import lint
from templates_app.rendering import examples, render, resolve
from tests.templates_app.golden import DEFINITIONS
from tests.templates_app.labels import NOW, canvas

WORDS = st.text(st.sampled_from("AÄgjpWil .-/0189ßéЖя"), min_size=1, max_size=300).filter(str.strip)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_whatever_is_left_out_it_prints_without_an_error(name: str) -> None:
    definition = DEFINITIONS[name]
    given, optional = examples(definition), [field.name for field in definition.fields if not field.required]
    for medium in definition.media_keys:
        for gone in (gone for count in range(len(optional) + 1) for gone in combinations(optional, count)):
            values = resolve(definition, {field: value for field, value in given.items() if field not in gone})
            rendering = render(definition, values, canvas(medium), now=NOW)
            wrong = [f.message for f in lint(rendering, definition, values) if f.severity != "info"]
            assert (medium, gone, wrong) == (medium, gone, [])


@pytest.mark.parametrize("name", DEFINITIONS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_it_prints_or_says_why_not(name: str, data: st.DataObject) -> None:
    definition = DEFINITIONS[name]
    fields: dict[str, Any] = {}
    for field in definition.fields:
        if not field.required and data.draw(st.booleans()):
            continue
        words = data.draw(WORDS).strip()[: field.max_length or 300]
        fields[field.name] = {"url": f"https://example.org/{len(words)}", "date": "2026-11-21"}.get(field.type, words)
    medium = data.draw(st.sampled_from(definition.media_keys))
    target = canvas(find_medium(medium).key, high_resolution=data.draw(st.booleans()))
    values = resolve(definition, fields)
    refused: DoesNotFit | None = None
    try:
        rendering = render(definition, values, target, now=NOW)
    except DoesNotFit as error:
        refused = error
    if refused is not None:
        assert refused.extra["element"] in {e.name for e in definition.all_elements()}
        assert refused.extra["missing_mm"] > 0  # type: ignore[operator]
        return
    assert [f.message for f in lint(rendering, definition, values) if f.severity == "error"] == []
