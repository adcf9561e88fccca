"""Template definitions, as text and as documents, and the values that come with them."""

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from printers.errors import HubError
from printers.media import canvas_for, find_model, media_for
from templates_app.cards import usual_canvas, usual_medium
from templates_app.definition import Definition, document, json_schema, parse
from templates_app.definition.toml_text import toml_text
from templates_app.errors import InvalidDefinition
from templates_app.lint import lint
from templates_app.registration import BUILTIN
from templates_app.rendering import examples, render, resolve
from tests.fuzz.mutations import TEXTS, VALUES, bounded, changed, fuzz, mutated, or_refused
from tests.templates_app.labels import NOW

TEXT_SEEDS = [path.read_bytes() for path in sorted(BUILTIN.glob("*.toml"))]
DOCUMENTS = [tomllib.loads(seed.decode()) for seed in TEXT_SEEDS]


def drawn(definition: Definition, values: dict[str, Any]) -> None:
    resolved = resolve(definition, values)
    rendering = render(definition, resolved, usual_canvas(usual_medium(definition).key), now=NOW)
    for finding in lint(rendering, definition, resolved):
        assert finding.message


@fuzz(60)
@given(mutated(TEXT_SEEDS))
def test_a_text_is_read_or_refused(raw: bytes) -> None:
    with bounded(3.0), or_refused(InvalidDefinition):
        definition = parse(raw.decode("utf-8", "replace"))
        assert parse(toml_text(document(definition))) == definition


@fuzz(80)
@given(changed(DOCUMENTS))
def test_a_document_is_drawn_or_refused(raw: Any) -> None:
    with bounded(6.0, 300), or_refused(HubError):
        definition = parse(raw)
        drawn(definition, examples(definition))


@fuzz(60)
@given(st.data())
def test_values_are_drawn_or_refused(data: st.DataObject) -> None:
    definition = parse(data.draw(st.sampled_from(DOCUMENTS)))
    names = [field.name for field in definition.fields]
    values = data.draw(st.dictionaries(st.one_of(st.sampled_from(names), TEXTS), VALUES, max_size=6))
    with bounded(6.0, 300), or_refused(HubError):
        drawn(definition, {**examples(definition), **values})


@fuzz(100)
@given(st.data())
def test_on_any_medium(data: st.DataObject) -> None:
    definition = parse(data.draw(changed(DOCUMENTS, most=0)) | {"media": {"min_width": 3}})
    model = find_model(data.draw(st.sampled_from(["pt-p750w", "pt-p900w", "ql-500", "ql-820nwb", "ql-1110nwb"])))
    medium = data.draw(st.sampled_from(media_for(model)))
    with bounded(6.0, 300), or_refused(HubError):
        resolved = resolve(definition, examples(definition))
        rendering = render(definition, resolved, canvas_for(model, medium), now=NOW)
        lint(rendering, definition, resolved)


def test_the_seeds_are_right() -> None:
    for seed in DOCUMENTS:
        definition = parse(seed)
        drawn(definition, examples(definition))
    assert json_schema()["title"] == "LabelHub template"
