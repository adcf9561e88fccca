"""Cable flags: the same content on both halves, with room for the cable between them."""

import math
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, model_validator

from templates_app.elements.base import (
    Edges,
    Element,
    Millimetres,
    Node,
    Setting,
    Sheet,
    Space,
    does_not_fit,
    own_size,
)
from templates_app.elements.group import Group, GroupNode
from templates_app.elements.group import measure as measure_group

if TYPE_CHECKING:
    from templates_app.elements import AnyElement

MARK_MM = 0.15
MARK_DASH_MM = 0.8


class Flag(Element):
    """Folded around a cable, both halves read upright: nothing is turned over."""

    kind: Literal["flag"] = "flag"
    diameter: float | None = Field(None, gt=0, le=100, description="Of the cable, in millimetres")
    diameter_field: str | None = Field(
        None, max_length=64, description="The number field that has it, where it is filled"
    )
    mark: bool = Field(True, description="A dashed line where to fold")
    direction: Literal["row", "column"] = "row"
    gap: Millimetres = 1.0
    align: Literal["start", "center", "end", "stretch"] = "stretch"
    justify: Literal["start", "center", "end", "between"] = "start"
    elements: list["AnyElement"] = Field(max_length=100)

    VALUES: ClassVar[tuple[str, ...]] = ()

    @model_validator(mode="after")
    def _has_a_diameter(self) -> "Flag":
        if self.diameter is None and self.diameter_field is None:
            raise ValueError("a flag needs the cable's diameter, or the diameter_field that has it")
        return self


class FlagNode(Node):
    __slots__ = ("_cable", "_half", "_setting")
    element: Flag

    def __init__(self, element: Flag, half: GroupNode, cable: int, setting: Setting) -> None:
        super().__init__(element, (2 * half.w + cable, half.h), half.margin, empty=half.empty)
        self._half, self._cable, self._setting = half, cable, setting

    def margin_in(self, w: int, h: int) -> Edges:
        return self._half.margin_in((w - self._cable) // 2, h)

    def paint(self, sheet: Sheet) -> None:
        half = (self.w - self._cable) // 2
        sheet.note(self)
        for x in (self.x, self.x + self.w - half):
            self._half.place(x, self.y, half, self.h)
            self._half.paint(sheet)
        if self.element.mark:
            step = max(1, self._setting.down(MARK_DASH_MM))
            thick = max(1, self._setting.across(MARK_MM))
            for at in range(0, self.h, 2 * step):
                sheet.fill(self.x + (self.w - thick) // 2, self.y + at, thick, min(step, self.h - at), "black")


def _diameter(element: Flag, setting: Setting) -> float:
    given = setting.scope.values.get(element.diameter_field) if element.diameter_field else None
    if given is None and element.diameter is None:
        raise does_not_fit(element, f"Flag “{element.name}”: the field “{element.diameter_field}” needs a value.")
    diameter = float(str(given)) if given is not None else float(element.diameter or 0)
    if not 0 < diameter <= 100:
        raise does_not_fit(element, f"Flag “{element.name}”: a cable has 0 to 100 mm, not {diameter:g} mm.")
    return diameter


def measure(element: Flag, space: Space, setting: Setting) -> FlagNode:
    width, height = own_size(element, space, setting)
    diameter = _diameter(element, setting)
    cable = setting.across(diameter * math.pi)
    half_width = None
    if width is not None:
        half_width = (width - cable) // 2
        if half_width < 1:
            missing = (cable - width) * 25.4 / setting.dpi_x
            raise does_not_fit(
                element,
                f"Flag “{element.name}”: a cable of {diameter:g} mm takes {missing:.1f} mm more than there is.",
                "Use a longer label.",
                missing_mm=round(missing, 2),
            )
    inner = Group.model_construct(
        kind="group", name=element.name, direction=element.direction, gap=element.gap, align=element.align,
        justify=element.justify, elements=element.elements,
        width="fill" if half_width is not None else None, height="fill",
    )  # fmt: skip
    slack = Edges(0, space.slack.top, 0, space.slack.bottom)
    return FlagNode(element, measure_group(inner, Space(half_width, height, slack), setting), cable, setting)
