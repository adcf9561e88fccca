"""How a group shares its room out; sizes are dots of a 12 mm tape's 70 pins at 180 dpi."""

from typing import Any

import pytest

from templates_app.rendering import Rendering
from tests.templates_app.labels import canvas, definition, findings, rendered

QR = {"kind": "barcode", "name": "code", "value": "https://label.invalid/1"}


def text(name: str, content: str = "Text", **more: Any) -> dict[str, Any]:
    return {"kind": "text", "name": name, "text": content, **more}


def group(name: str, *elements: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": "group", "name": name, "elements": list(elements), **more}


def box(rendering: Rendering, name: str) -> tuple[int, int, int, int]:
    return next(e.box for e in rendering.elements if e.name == name)


@pytest.mark.parametrize("valign", ["top", "middle", "bottom"])
def test_quiet_zones_count_where_the_code_ends_up(valign: str) -> None:
    body = group("body", {**QR, "width": 30, "valign": valign}, height="fill")
    column = group("column", text("head"), body, direction="column", gap=1)
    made = definition(column, media="dk:62", length=50)
    rendering = rendered(made, on=canvas("dk:62"))
    head, code, quiet = box(rendering, "head"), box(rendering, "code"), 4 * _module(rendering)
    below = head[1] + head[3]
    least = {"top": max(quiet, 12), "middle": max(quiet, 12), "bottom": quiet}[valign]
    assert code[1] - below >= least
    assert findings(made, on=canvas("dk:62")) == []


def _module(rendering: Rendering) -> int:
    return next(int(e.details["module_dots"][0]) for e in rendering.elements if e.kind == "barcode")


def test_a_body_in_the_middle_takes_no_room_for_its_quiet_zone_twice() -> None:
    body = group("body", {**QR, "width": 30}, height="fill")
    column = group("column", {"kind": "box", "name": "head", "height": 20}, body, direction="column", gap=1)
    rendering = rendered(definition(column, media="dk:62", length=60), on=canvas("dk:62"))
    assert box(rendering, "body")[1] == box(rendering, "head")[3] + 12


@pytest.mark.parametrize("direction", ["row", "column"])
def test_what_is_empty_leaves_its_share_to_the_others(direction: str) -> None:
    side = {"row": "width", "column": "height"}[direction]
    fit: dict[str, Any] = {"size": "fit", side: "fill"}
    gone = group("g", text("none", "{gone}", **fit), text("t", "W", **fit), direction=direction)
    alone = group("g", text("t", "W", **fit), direction=direction)
    options: dict[str, Any] = {"length": 30, "fields": [{"name": "gone"}]}
    assert rendered(definition(gone, **options)).raster.png == rendered(definition(alone, **options)).raster.png


class TestRepeat:
    FIELDS = ({"name": "items", "many": True},)

    def labels(self, *elements: dict[str, Any], count: int) -> list[str]:
        repeated = group("list", *elements, repeat={"field": "items", "limit": 2, "more": "+{more} more"})
        made = definition(repeated, fields=list(self.FIELDS))
        rendering = rendered(made, {"items": [f"No {n}" for n in range(1, count + 1)]})
        return [e.details["text"] for e in rendering.elements if e.kind == "text"]

    def test_it_says_how_many_more_there_are(self) -> None:
        assert self.labels(text("t", "{item}"), count=5) == ["No 1", "No 2", "+3 more"]

    def test_not_where_all_are_shown(self) -> None:
        assert self.labels(text("t", "{item}"), count=2) == ["No 1", "No 2"]

    def test_also_where_the_text_lies_in_a_group(self) -> None:
        inner = group("entry", {"kind": "box", "name": "b", "width": 2}, text("t", "{item}"))
        assert self.labels(inner, count=3) == ["No 1", "No 2", "+1 more"]

    def test_also_where_there_is_no_text(self) -> None:
        assert self.labels({"kind": "barcode", "name": "b", "value": "{item}"}, count=3) == ["+1 more"]
