"""What every element kind shares: its attributes, the room it may take, and the sheet that it is drawn on.

An element goes through three steps: `measure(element, space, setting)` says how many dots it needs, `place` gives it
its final box, `paint` draws it. Everything here is in the reading view, x to the right and y down, in dots.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from PIL import Image, ImageDraw
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from printers.errors import Problem
from templates_app.errors import DoesNotFit
from templates_app.expressions import Scope, evaluate, parse_expression
from templates_app.fonts.glyphs import Glyph

Millimetres = Annotated[float, Field(ge=0, le=3000)]
Thickness = Annotated[float, Field(gt=0, le=20)]
Colour = Literal["black", "red", "white"]
Anchor = Literal["top-left", "top", "top-right", "left", "center", "right", "bottom-left", "bottom", "bottom-right"]
Horizontal = Literal["left", "center", "right"]
Vertical = Literal["top", "middle", "bottom"]
Size = Annotated[float, Field(gt=0, le=3000)] | Literal["fill"]


def _checked(text: str) -> str:
    parse_expression(text)
    return text


Value = Annotated[str, AfterValidator(_checked)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Element(Strict):
    """`x`, `y`, `width`, `height` are millimetres; x and y count inwards from the anchor."""

    kind: str
    name: str = Field("", max_length=64, pattern=r"^[\w .-]*$", description="Unique in the template")
    x: float = Field(0, ge=-3000, le=3000)
    y: float = Field(0, ge=-3000, le=3000)
    anchor: Anchor = "top-left"
    width: Size | None = Field(None, description='Millimetres, or "fill" for the room that is left')
    height: Size | None = Field(None, description='Millimetres, or "fill" for the room that is left')
    weight: float = Field(1, gt=0, le=100, description='Its share of the room among elements that "fill"')
    rotate: Literal[0, 90, 180, 270] = Field(0, description="Degrees, clockwise")
    visible: str | None = Field(None, max_length=64, description="Shown only when this field has a value")
    hidden: str | None = Field(None, max_length=64, description="Not shown when this field has a value")

    VALUES: ClassVar[tuple[str, ...]] = ()


def dots(mm: float, dpi: int) -> int:
    return round(mm * dpi / 25.4)


class Edges(NamedTuple):
    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0

    def less(self, other: "Edges") -> "Edges":
        """What is left of each, never below nothing."""
        if self is NO_EDGES:
            return self
        left, top, right, bottom = self
        less_left, less_top, less_right, less_bottom = other
        return Edges(
            left - less_left if left > less_left else 0,
            top - less_top if top > less_top else 0,
            right - less_right if right > less_right else 0,
            bottom - less_bottom if bottom > less_bottom else 0,
        )


NO_EDGES = Edges()


class Space(NamedTuple):
    """The dots an element may use; None where the label grows with what is on it.

    `slack` is how far the blank goes on beyond each edge: a quiet zone may lie there, ink may not.
    """

    width: int | None
    height: int | None
    slack: Edges = NO_EDGES


@dataclass(frozen=True, slots=True)
class Setting:
    """What measuring depends on besides the element itself."""

    scope: Scope
    dpi_x: int
    dpi_y: int
    budget: "Budget"

    def across(self, mm: float) -> int:
        return dots(mm, self.dpi_x)

    def down(self, mm: float) -> int:
        return dots(mm, self.dpi_y)

    def text(self, value: str) -> str:
        return evaluate(value, self.scope)

    def turned(self) -> "Setting":
        return Setting(self.scope, self.dpi_y, self.dpi_x, self.budget)


@dataclass(slots=True)
class Budget:
    """Stops a template that repeats itself out of hand."""

    nodes: int = 600

    def take(self) -> None:
        self.nodes -= 1
        if self.nodes < 0:
            raise DoesNotFit("The template draws more than 600 elements on one label; use fewer or repeat less.")


class Placed(NamedTuple):
    """Where an element ended up, in dots of the reading view, and what lint needs to know of it."""

    name: str
    kind: str
    box: tuple[int, int, int, int]
    dpi: tuple[int, int]
    details: dict[str, Any]

    @property
    def box_mm(self) -> tuple[float, float, float, float]:
        x, y, w, h = self.box
        mm_x, mm_y = 25.4 / self.dpi[0], 25.4 / self.dpi[1]
        return round(x * mm_x, 2), round(y * mm_y, 2), round(w * mm_x, 2), round(h * mm_y, 2)


class Node:
    """A measured element; `margin` is the blank it wants around itself."""

    __slots__ = ("element", "empty", "h", "margin", "w", "x", "y")

    def __init__(self, element: Element, size: tuple[int, int], margin: Edges = NO_EDGES, *, empty: bool = False):
        self.element, self.empty, self.margin = element, empty, margin
        self.x = self.y = 0
        self.w, self.h = size

    def margin_in(self, w: int, h: int) -> Edges:
        """The same where it is given `w` × `h`: what stays blank in there counts."""
        if self.margin is NO_EDGES or (w == self.w and h == self.h):
            return self.margin
        x = aligned(w - self.w, getattr(self.element, "align", "left"))
        y = aligned(h - self.h, getattr(self.element, "valign", "top"))
        return self.margin.less(Edges(x, y, w - self.w - x, h - self.h - y))

    def grow(self, w: int, h: int) -> None:
        if (w, h) != (self.w, self.h):
            self.margin = self.margin_in(w, h)
            self.w, self.h = w, h

    def place(self, x: int, y: int, w: int, h: int) -> None:
        self.x, self.y, self.w, self.h = x, y, w, h

    def paint(self, sheet: "Sheet") -> None:
        raise NotImplementedError


class Sheet:
    """The planes of one label while it is drawn: 0 is ink, 255 is blank, thresholded at the end."""

    def __init__(self, width: int, height: int, setting: Setting, *, red: bool) -> None:
        self.width, self.height = width, height
        self.setting = setting
        self.black = Image.new("L", (width, height), 255)
        self.red = Image.new("L", (width, height), 255) if red else None
        self._black = ImageDraw.Draw(self.black).draw
        self._red = ImageDraw.Draw(self.red).draw if self.red else None
        self.placed: list[Placed] = []

    def stamp(self, mask: Any, x: int, y: int, colour: Colour) -> None:
        """`mask` (an image core, 255 is ink) drawn in a colour; it replaces the other colour under it."""
        for plane, ink in self._inks(colour):
            plane.draw_bitmap((x, y), mask, ink)

    def write(self, glyphs: Iterable[tuple[Glyph, int]], x: int, baseline: int, colour: Colour) -> None:
        """A line of letters, each at its distance from `x`."""
        for plane, ink in self._inks(colour):
            for glyph, at in glyphs:
                plane.draw_bitmap((x + at, baseline + glyph.dy), glyph.mask, ink)

    def fill(self, x: int, y: int, w: int, h: int, colour: Colour) -> None:
        if w <= 0 or h <= 0:
            return
        for plane, ink in self._inks(colour):
            plane.draw_rectangle((x, y, x + w - 1, y + h - 1), ink, 1)

    def _inks(self, colour: Colour) -> list[tuple[Any, int]]:
        """Each plane, and what it gets where something has this colour."""
        if self._red is None:
            return [(self._black, 255 if colour == "white" else 0)]
        return [(self._black, 0 if colour == "black" else 255), (self._red, 0 if colour == "red" else 255)]

    def note(self, node: Node, **details: Any) -> None:
        self.note_box(node.element, (node.x, node.y, node.w, node.h), **details)

    def note_box(self, element: Element, box: tuple[int, int, int, int], **details: Any) -> None:
        dpi = (self.setting.dpi_x, self.setting.dpi_y)
        self.placed.append(Placed(element.name, element.kind, box, dpi, details))


def aligned(extra: int, align: str) -> int:
    """Where something starts that has `extra` dots of room around it."""
    if align in {"center", "middle"}:
        return extra // 2
    return extra if align in {"right", "bottom", "end"} else 0


def own_size(element: Element, space: Space, setting: Setting) -> tuple[int | None, int | None]:
    """What bounds the element: its own size where it has one, otherwise the room it is given."""
    width = setting.across(element.width) if isinstance(element.width, float) else space.width
    height = setting.down(element.height) if isinstance(element.height, float) else space.height
    return width, height


def does_not_fit(element: Element, sentence: str, suggestion: str = "", **extra: object) -> DoesNotFit:
    return DoesNotFit(
        " ".join(filter(None, (sentence, suggestion))),
        [Problem(f"/elements/{element.name}", sentence)],
        {"element": element.name, "suggestion": suggestion, **extra},
    )
