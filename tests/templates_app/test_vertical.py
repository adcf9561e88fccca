from typing import Any

import numpy as np
import pytest

from templates_app.errors import DoesNotFit, InvalidDefinition
from tests.templates_app.labels import definition, findings, rendered

TALL: dict[str, Any] = {"kind": "text", "name": "t", "text": "{v}", "vertical": True, "size": 2}
FIELD = {"name": "v"}


def drawn(text: str, **changes: Any) -> Any:
    return rendered(definition({**TALL, **changes}, fields=[FIELD], media="tze:24"), {"v": text})


def test_letters_stand_below_each_other() -> None:
    (placed,) = drawn("A1B").elements
    _x, _y, width, height = placed.box_mm
    assert height > 3 * 2 > width
    assert (placed.details["lines"], placed.details["text"]) == (["A", "1", "B"], "A1B")


def test_they_share_a_middle() -> None:
    rendering = drawn("MIM", size=3)
    ink = ~np.asarray(rendering.raster.black)
    rows = np.flatnonzero(ink.any(axis=1))
    middle = ink[rows[len(rows) // 2]]
    columns = np.flatnonzero(ink.any(axis=0))
    assert abs(np.flatnonzero(middle).mean() - columns.mean()) <= 1


def test_marks_stay_with_their_letter() -> None:
    (placed,) = drawn("x\u0301\u0323").elements
    assert len(placed.details["lines"]) == 1


def test_fit_makes_the_column_as_high_as_the_label() -> None:
    (placed,) = drawn("ABCD", size="fit", max_size=20).elements
    assert placed.box_mm[3] > 14


def test_what_is_too_long_is_refused_with_what_is_missing() -> None:
    with pytest.raises(DoesNotFit, match=r"“ABCDEFGHIJKL” does not fit, it needs .* mm more height"):
        drawn("ABCDEFGHIJKL")


@pytest.mark.parametrize("change", [{"wrap": True}, {"overflow": "ellipsis"}, {"max_lines": 2}])
def test_it_is_one_column(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidDefinition, match="one column"):
        definition({**TALL, **change}, fields=[FIELD])


def test_lint_has_nothing_to_say() -> None:
    assert findings(definition(TALL, fields=[FIELD], media="tze:24"), {"v": "A1"}) == []


FLAG: dict[str, Any] = {"kind": "flag", "name": "f", "elements": [{"kind": "text", "text": "x"}]}
CABLE = {"name": "cable", "type": "decimal"}


def flag(fields: dict[str, Any], **changes: Any) -> float:
    made = definition({**FLAG, "diameter_field": "cable", **changes}, fields=[CABLE])
    return next(e.box_mm[2] for e in rendered(made, fields).elements if e.kind == "flag")


def test_a_flags_diameter_may_come_from_a_field() -> None:
    assert flag({"cable": "10"}) - flag({"cable": "5"}) == pytest.approx(5 * 3.14159, abs=0.3)


def test_an_empty_field_leaves_the_templates_own() -> None:
    assert flag({}, diameter=5) == flag({"cable": "5"})


def test_no_diameter_at_all() -> None:
    with pytest.raises(DoesNotFit, match="the field “cable” needs a value"):
        flag({})
    with pytest.raises(DoesNotFit, match="0 to 100 mm"):
        flag({"cable": "-1"})
    with pytest.raises(InvalidDefinition, match="diameter"):
        definition(FLAG)
    with pytest.raises(InvalidDefinition, match="must be a number"):
        definition({**FLAG, "diameter_field": "v"}, fields=[FIELD])
