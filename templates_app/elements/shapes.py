"""Lines and boxes."""

from typing import Literal

from PIL import Image, ImageDraw
from pydantic import Field

from templates_app.elements.base import (
    Colour,
    Element,
    Node,
    Setting,
    Sheet,
    Space,
    Thickness,
    own_size,
)


class Line(Element):
    kind: Literal["line"] = "line"
    direction: Literal["horizontal", "vertical"] = "horizontal"
    thickness: Thickness = 0.3
    length: float | None = Field(None, gt=0, le=3000, description="Otherwise as long as there is room")
    dash: float | None = Field(None, gt=0, le=50, description="Length of a dash and of the gap after it")
    colour: Colour = "black"


class Box(Element):
    kind: Literal["box"] = "box"
    thickness: Thickness = 0.3
    radius: float = Field(0, ge=0, le=50)
    fill: Colour | None = None
    colour: Colour = "black"


class LineNode(Node):
    __slots__ = ("_horizontal", "_setting")
    element: Line

    def __init__(self, element: Line, setting: Setting) -> None:
        self._setting = setting
        self._horizontal = element.direction == "horizontal"
        # Without a length of its own it takes no room along itself and reaches across what it is given.
        length = element.length or 0
        if self._horizontal:
            size = (max(1, setting.across(length)), max(1, setting.down(element.thickness)))
        else:
            size = (max(1, setting.across(element.thickness)), max(1, setting.down(length)))
        super().__init__(element, size)

    def place(self, x: int, y: int, w: int, h: int) -> None:
        self.x, self.y = x, y
        if self._horizontal:
            self.w = self.w if self.element.length else w
            self.y += (h - self.h) // 2
        else:
            self.h = self.h if self.element.length else h
            self.x += (w - self.w) // 2

    def paint(self, sheet: Sheet) -> None:
        element, setting = self.element, self._setting
        if not element.dash:
            sheet.fill(self.x, self.y, self.w, self.h, element.colour)
        elif self._horizontal:
            step = max(1, setting.across(element.dash))
            for at in range(0, self.w, 2 * step):
                sheet.fill(self.x + at, self.y, min(step, self.w - at), self.h, element.colour)
        else:
            step = max(1, setting.down(element.dash))
            for at in range(0, self.h, 2 * step):
                sheet.fill(self.x, self.y + at, self.w, min(step, self.h - at), element.colour)
        sheet.note(self)


def measure_line(element: Line, _space: Space, setting: Setting) -> LineNode:
    return LineNode(element, setting)


class BoxNode(Node):
    __slots__ = ()
    element: Box

    def __init__(self, element: Box, space: Space, setting: Setting) -> None:
        width, height = own_size(element, space, setting)
        super().__init__(element, (width or 1, height or 1))

    def place(self, x: int, y: int, w: int, h: int) -> None:
        self.x, self.y = x, y
        self.w = self.w if isinstance(self.element.width, float) else w
        self.h = self.h if isinstance(self.element.height, float) else h

    def paint(self, sheet: Sheet) -> None:
        element = self.element
        draw_frame(
            sheet, (self.x, self.y, self.w, self.h), element.thickness, element.radius, element.fill, element.colour
        )
        sheet.note(self)


def draw_frame(
    sheet: Sheet, box: tuple[int, int, int, int], thickness: float, radius: float, fill: Colour | None, colour: Colour
) -> None:
    """A rectangle with an outline of `thickness` and corners of `radius` millimetres, inside `box`."""
    x, y, w, h = box
    setting = sheet.setting
    line_x, line_y = min(w, max(1, setting.across(thickness))), min(h, max(1, setting.down(thickness)))
    if radius:
        _draw_rounded(sheet, box, thickness, radius, fill, colour)
        return
    if fill:
        sheet.fill(x, y, w, h, fill)
    for edge in ((x, y, w, line_y), (x, y + h - line_y, w, line_y), (x, y, line_x, h), (x + w - line_x, y, line_x, h)):
        sheet.fill(*edge, colour)


def _draw_rounded(
    sheet: Sheet, box: tuple[int, int, int, int], thickness: float, radius: float, fill: Colour | None, colour: Colour
) -> None:
    x, y, w, h = box
    if w <= 0 or h <= 0:
        return
    setting = sheet.setting
    # Drawn at one resolution for round corners, then brought to that of the head.
    dpi = max(setting.dpi_x, setting.dpi_y)
    size = (max(1, w * dpi // setting.dpi_x), max(1, h * dpi // setting.dpi_y))
    corner = min(round(radius * dpi / 25.4), min(size) // 2)
    area = (0, 0, size[0] - 1, size[1] - 1)

    def mask(inner: int | None, outline: int) -> Image.Image:
        image = Image.new("L", size, 0)
        ImageDraw.Draw(image).rounded_rectangle(area, corner, inner, 255 if outline else None, outline)
        if size != (w, h):
            image = image.resize((w, h), Image.Resampling.BOX)
        image.load()
        return image

    if fill:
        sheet.stamp(mask(255, 0).im, x, y, fill)
    if fill != colour:
        sheet.stamp(mask(None, max(1, round(thickness * dpi / 25.4))).im, x, y, colour)


def measure_box(element: Box, space: Space, setting: Setting) -> BoxNode:
    return BoxNode(element, space, setting)
