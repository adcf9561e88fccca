"""A definition, its values and a canvas become the exact dots that a print head burns.

One pure function: no database, no files but fonts, no clock, no chance. Preview and print call it alike.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from PIL import Image, ImageChops

from printers.media import Canvas
from printers.raster import Raster
from templates_app.definition import Definition
from templates_app.elements import measure
from templates_app.elements.base import Budget, Edges, Element, Node, Placed, Setting, Sheet, Space, does_not_fit, dots
from templates_app.errors import DoesNotFit
from templates_app.expressions import Scope
from templates_app.rendering.values import Values, examples, resolve

__all__ = ["Design", "Placed", "Rendering", "Values", "examples", "render", "resolve"]

# An element may be so much larger than its room: rounding to dots.
TOLERANCE_MM = 0.2
_FILLING = frozenset({"group", "flag", "box"})


@dataclass(frozen=True, slots=True)
class Rendering:
    """`raster` is in the feed view, `elements` in the reading view (equal where `across` is False).

    `bleed` is the blank of the medium beyond the raster, in dots of the reading view.
    """

    raster: Raster
    elements: tuple[Placed, ...]
    canvas: Canvas
    across: bool
    bleed: Edges

    @property
    def tape_mm(self) -> float:
        """What one copy takes of the medium, with the blank that the printer feeds."""
        return self.canvas.medium.length_mm or self.raster.length_mm + 2 * self.canvas.margin_mm


@dataclass(frozen=True, slots=True)
class _Area:
    """Where elements may go, in dots of the reading view; None where the label grows."""

    width: int | None
    height: int | None
    padding: Edges
    bleed: Edges


def render(definition: Definition, values: Values, canvas: Canvas, *, now: datetime) -> Rendering:
    """`now` is an aware datetime in the time zone whose calendar the label uses.

    Raises DoesNotFit, naming the element, its text and the millimetres that are missing.
    """
    return Design(definition, canvas).render(values, now=now)


class Design:
    """A definition on a canvas: what all labels of a batch have in common.

    Raises DoesNotFit where the definition is for other media, or longer than the canvas can be.
    """

    def __init__(self, definition: Definition, canvas: Canvas) -> None:
        if not definition.takes(canvas.medium):
            raise DoesNotFit(
                f"The template “{definition.key}” is for {definition.media_title}, not for {canvas.medium.title}.",
                extra={"media": definition.media_title, "medium": canvas.medium.key},
            )
        self._elements, self._canvas = definition.elements, canvas
        self._across = across = definition.orientation == "across"
        self._dpi = (canvas.dpi_across, canvas.dpi_along) if across else (canvas.dpi_along, canvas.dpi_across)
        left, top, right, bottom = definition.edges
        x, y = self._dpi
        self._padding = Edges(dots(left, x), dots(top, y), dots(right, x), dots(bottom, y))
        self._bleed = _bleed(canvas, across=across)
        self._length = _fixed_length(definition, canvas)
        self._limits = _limits(definition, canvas)
        self._room = self._area(self._length)

    def render(self, values: Values, *, now: datetime) -> Rendering:
        """As the function `render`."""
        canvas, across, padding, area = self._canvas, self._across, self._padding, self._room
        setting = Setting(Scope(values.typed, now, values.serials), *self._dpi, Budget())
        nodes = [_measured(e, area, setting) for e in self._elements]
        length = self._length
        if length is None:
            least, most = self._limits
            along = 1 if across else 0
            pads = padding.top + padding.bottom if across else padding.left + padding.right
            needed = max((_extent(node, slack, setting)[along] for node, slack in nodes), default=0) + pads
            length = max(needed, least)
            if length > most:
                # Shrinking, wrapping and refusing need a limit to work against.
                length = most
                area = self._area(length)
                nodes = [_measured(e, area, setting) for e in self._elements]
        width, height = (canvas.pins, length) if across else (length, canvas.pins)
        sheet = Sheet(width, height, setting, red=canvas.two_colour)
        inner = (width - padding.left - padding.right, height - padding.top - padding.bottom)
        for node, slack in nodes:
            if not node.empty:
                _place(node, slack, padding, inner, setting)
                node.paint(sheet)
        return Rendering(_raster(sheet, canvas, across=across), tuple(sheet.placed), canvas, across, self._bleed)

    def _area(self, length: int | None) -> _Area:
        padding, pins = self._padding, self._canvas.pins
        width, height = (pins, length) if self._across else (length, pins)
        inner_width = None if width is None else max(1, width - padding.left - padding.right)
        inner_height = None if height is None else max(1, height - padding.top - padding.bottom)
        return _Area(inner_width, inner_height, padding, self._bleed)


def _bleed(canvas: Canvas, *, across: bool) -> Edges:
    """The medium's blank edges, where nothing can be printed: quiet zones reach into them."""
    side = max(0, int((canvas.medium.width_mm / 25.4 * canvas.dpi_across - canvas.pins) / 2))
    if canvas.length_dots is None:
        feed = int(canvas.margin_mm / 25.4 * canvas.dpi_along)
    else:
        feed = max(0, int((canvas.medium.length_mm / 25.4 * canvas.dpi_along - canvas.length_dots) / 2))
    return Edges(side, feed, side, feed) if across else Edges(feed, side, feed, side)


def _fixed_length(definition: Definition, canvas: Canvas) -> int | None:
    if canvas.length_dots is not None:
        return canvas.length_dots
    if definition.length is None:
        return None
    dots = round(definition.length / 25.4 * canvas.dpi_along)
    if not canvas.min_lines <= dots <= canvas.max_lines:
        shortest, longest = (n / canvas.dpi_along * 25.4 for n in (canvas.min_lines, canvas.max_lines))
        raise DoesNotFit(
            f"The template “{definition.key}” is {definition.length:g} mm long; this printer makes labels of "
            f"{shortest:.1f} to {longest:.0f} mm."
        )
    return dots


def _limits(definition: Definition, canvas: Canvas) -> tuple[int, int]:
    least, most = canvas.min_lines, canvas.max_lines
    if definition.min_length is not None:
        least = max(least, round(definition.min_length / 25.4 * canvas.dpi_along))
    if definition.max_length is not None:
        most = min(most, round(definition.max_length / 25.4 * canvas.dpi_along))
    return least, max(least, most)


def _measured(element: Element, area: _Area, setting: Setting) -> tuple[Node, Edges]:
    """The element's node, and how far blank goes on beyond the room it was given."""
    x, y = setting.across(abs(element.x)), setting.down(abs(element.y))
    centred_x = "left" not in element.anchor and "right" not in element.anchor
    centred_y = "top" not in element.anchor and "bottom" not in element.anchor
    from_left, from_right = "left" in element.anchor, "right" in element.anchor
    from_top, from_bottom = "top" in element.anchor, "bottom" in element.anchor
    slack = Edges(
        area.padding.left + area.bleed.left + (0 if from_right else x),
        area.padding.top + area.bleed.top + (0 if from_bottom else y),
        area.padding.right + area.bleed.right + (0 if from_left else x),
        area.padding.bottom + area.bleed.bottom + (0 if from_top else y),
    )
    width = None if area.width is None else max(0, area.width - x * (2 if centred_x else 1))
    height = None if area.height is None else max(0, area.height - y * (2 if centred_y else 1))
    node = measure(element, Space(width, height, slack), setting)
    quiet = node.margin.less(slack)
    wide, high = quiet.left + quiet.right, quiet.top + quiet.bottom
    over_x = 0 if width is None else (node.w + wide - width) / setting.dpi_x * 25.4
    over_y = 0 if height is None else (node.h + high - height) / setting.dpi_y * 25.4
    if (wide and over_x > TOLERANCE_MM) or (high and over_y > TOLERANCE_MM):
        # A quiet zone that reaches beyond the element wants room inside the label as well.
        width = None if width is None else max(0, width - wide)
        height = None if height is None else max(0, height - high)
        node = measure(element, Space(width, height, slack), setting)
    return node, slack


def _extent(node: Node, slack: Edges, setting: Setting) -> tuple[int, int]:
    """How much of the label the element takes from one edge to the other."""
    if node.empty:
        return 0, 0
    element, quiet = node.element, node.margin.less(slack)
    twice_x = 2 if "left" not in element.anchor and "right" not in element.anchor else 1
    twice_y = 2 if "top" not in element.anchor and "bottom" not in element.anchor else 1
    x, y = setting.across(abs(element.x)) * twice_x, setting.down(abs(element.y)) * twice_y
    return node.w + quiet.left + quiet.right + x, node.h + quiet.top + quiet.bottom + y


def _place(node: Node, slack: Edges, padding: Edges, inner: tuple[int, int], setting: Setting) -> None:
    element = node.element
    fills_x = _fills(element, element.width, horizontal=True)
    fills_y = _fills(element, element.height, horizontal=False)
    quiet = node.margin_in(
        max(node.w, inner[0] - setting.across(element.x)) if fills_x else node.w,
        max(node.h, inner[1] - setting.down(element.y)) if fills_y else node.h,
    ).less(slack)
    x, w = _along_axis(element.anchor, ("left", "right"), setting.across(element.x), inner[0], quiet.left, quiet.right,
                       node.w, fills_x)  # fmt: skip
    y, h = _along_axis(element.anchor, ("top", "bottom"), setting.down(element.y), inner[1], quiet.top, quiet.bottom,
                       node.h, fills_y)  # fmt: skip
    over_x = max(-x, x + w - inner[0], 0) / setting.dpi_x * 25.4
    over_y = max(-y, y + h - inner[1], 0) / setting.dpi_y * 25.4
    if over_x > TOLERANCE_MM or over_y > TOLERANCE_MM:
        beyond = " and ".join(
            f"{mm:.1f} mm {what}"
            for mm, what in ((over_x, "in its length"), (over_y, "in its height"))
            if mm > TOLERANCE_MM
        )
        raise does_not_fit(
            element,
            f"{element.kind.capitalize()} “{element.name}” reaches beyond the label by {beyond}.",
            "Make it smaller or use a larger label.",
            missing_mm=round(max(over_x, over_y), 2),
        )
    node.place(x + padding.left, y + padding.top, w, h)


def _fills(element: Element, size: float | str | None, *, horizontal: bool) -> bool:
    if element.kind == "line" and size is None:
        return (getattr(element, "direction", "") == "horizontal") is horizontal
    return size == "fill" or (size is None and element.kind in _FILLING and not element.rotate)


def _along_axis(
    anchor: str, sides: tuple[str, str], offset: int, room: int, before: int, after: int, size: int, fills: bool
) -> tuple[int, int]:
    if fills:
        # It starts at its offset and goes on to the other side.
        start = before + (0 if sides[1] in anchor else offset)
        end = room - after - (offset if sides[1] in anchor else 0)
        return start, max(size, end - start)
    if sides[0] in anchor:
        return offset + before, size
    if sides[1] in anchor:
        return room - offset - size - after, size
    return (room - size) // 2 + offset, size


def _raster(sheet: Sheet, canvas: Canvas, *, across: bool) -> Raster:
    turn: Callable[[Image.Image], Image.Image] = (
        (lambda image: image.transpose(Image.Transpose.ROTATE_90)) if across else (lambda image: image)
    )
    black = turn(sheet.black.convert("1", dither=Image.Dither.NONE))
    red = None
    if sheet.red is not None:
        red = turn(sheet.red.convert("1", dither=Image.Dither.NONE))
        # A dot has one colour.
        black = ImageChops.logical_or(black, ImageChops.invert(red))
    return Raster(black, red, canvas.dpi_along, canvas.dpi_across)
