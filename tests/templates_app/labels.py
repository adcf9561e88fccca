"""Small definitions and canvases that the tests of this folder share."""

from datetime import UTC, datetime
from typing import Any

from printers.media import Canvas, canvas_for, find_medium, find_model
from templates_app.definition import Definition, parse
from templates_app.lint import Finding, lint
from templates_app.rendering import Rendering, render, resolve

NOW = datetime(2026, 11, 21, 14, 30, tzinfo=UTC)
PT, PT360, QL = "pt-p750w", "pt-p900w", "ql-820nwb"


def canvas(medium: str, model: str = "", *, high_resolution: bool = False) -> Canvas:
    name = model or (QL if medium.startswith("dk") else PT)
    return canvas_for(find_model(name), find_medium(medium), high_resolution=high_resolution)


def definition(*elements: dict[str, Any], media: str = "tze:12", **more: Any) -> Definition:
    """A definition of these elements; a field for each placeholder is up to the caller."""
    return parse({"key": "test", "title": "Test", "media": media, "elements": list(elements), **more})


def rendered(made: Definition, fields: dict[str, Any] | None = None, on: Canvas | None = None) -> Rendering:
    medium = made.media if isinstance(made.media, str) else "tze:12"
    return render(made, resolve(made, fields or {}), on or canvas(medium), now=NOW)


def findings(made: Definition, fields: dict[str, Any] | None = None, on: Canvas | None = None) -> list[Finding]:
    return lint(rendered(made, fields, on), made, resolve(made, fields or {}))
