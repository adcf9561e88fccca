import re
from pathlib import Path

from templates_app.definition import parse
from templates_app.elements import KINDS
from templates_app.elements.symbols import SYMBOLOGIES
from templates_app.filters import FILTERS
from tests.templates_app.labels import findings

GUIDE = (Path(__file__).parents[2] / "docs" / "templates.md").read_text(encoding="utf-8")


def test_the_example_prints() -> None:
    example = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)[0]
    definition = parse(example)
    assert findings(definition, {f.name: f.example for f in definition.fields}) == []


def test_every_element_attribute_filter_and_symbology_is_described() -> None:
    words = set(re.findall(r"[\w-]+", GUIDE))
    attributes = {name for model, _ in KINDS.values() for name in model.model_fields}
    assert attributes - words - {"kind"} == set()
    assert set(FILTERS) | set(SYMBOLOGIES) | set(KINDS) <= words
