"""Golden labels: built-in templates with their examples. `python -m tests.templates_app.golden` writes them anew."""

from dataclasses import dataclass
from pathlib import Path

from printers.media import canvas_for, find_medium, find_model
from templates_app.definition import Definition, parse
from templates_app.lint import Finding, lint
from templates_app.rendering import Rendering, examples, render, resolve
from tests.templates_app.labels import NOW, PT, PT360, QL

FOLDER = Path(__file__).parent
BUILTIN = Path(__file__).parents[3] / "templates_app" / "builtin"
DEFINITIONS = {path.stem: parse(path.read_text(encoding="utf-8")) for path in sorted(BUILTIN.glob("*.toml"))}


@dataclass(frozen=True)
class Case:
    template: str
    medium: str
    model: str
    high_resolution: bool

    def __str__(self) -> str:
        fine = "-hr" if self.high_resolution else ""
        return f"{self.template}--{self.medium.replace(':', '-')}--{self.model}{fine}"


def _cases(name: str, definition: Definition) -> list[Case]:
    return [
        Case(name, medium, model, high)
        for medium in definition.media_keys
        for model in ((QL,) if medium.startswith("dk") else (PT, PT360))
        for high in (False, True)
        # High resolution repeats the layout; one of each head will do.
        if not high or model != PT360
    ]


CASES = [case for name, definition in DEFINITIONS.items() for case in _cases(name, definition)]


def render_case(case: Case) -> tuple[Rendering, list[Finding]]:
    definition = DEFINITIONS[case.template]
    canvas = canvas_for(find_model(case.model), find_medium(case.medium), high_resolution=case.high_resolution)
    values = resolve(definition, examples(definition))
    rendering = render(definition, values, canvas, now=NOW)
    return rendering, lint(rendering, definition, values)
