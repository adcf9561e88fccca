"""Text: its size is the height of a capital letter, and what does not fit is never cut silently."""

import re
import unicodedata
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from templates_app.elements.base import (
    NO_EDGES,
    Colour,
    Edges,
    Element,
    Horizontal,
    Node,
    Setting,
    Sheet,
    Space,
    Value,
    Vertical,
    aligned,
    does_not_fit,
    own_size,
)
from templates_app.elements.lines import LARGEST_PX, Layout, Style, TooLarge, fitted, layout
from templates_app.fonts import Face, find_face

# Control and format characters, and what chooses between variants of a letter: no font need have them.
_SHAPELESS = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)


class Text(Element):
    kind: Literal["text"] = "text"
    text: Value = Field(max_length=4000)
    font: str = Field(
        "sans",
        pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$",
        max_length=40,
        description='"sans", or a font of the house by name',
    )
    style: Literal["regular", "bold"] = "regular"
    size: float | Literal["fit"] = Field(
        2.5, description='Height of a capital letter in millimetres, or "fit": as large as its box allows'
    )
    min_size: float = Field(1.3, ge=0.5, le=300, description="How far fit and shrink may go down")
    max_size: float | None = Field(None, ge=0.5, le=300, description="How far fit may go up")
    line_height: float = Field(1.2, ge=0.8, le=4, description="Distance of baselines as a share of the font size")
    wrap: bool = False
    max_lines: int | None = Field(None, ge=1, le=100)
    overflow: Literal["error", "shrink", "ellipsis"] = "error"
    align: Horizontal = "left"
    valign: Vertical = "top"
    colour: Colour = "black"
    inverted: bool = Field(False, description="Blank letters on a filled box")
    vertical: bool = Field(False, description="Upright letters below each other")

    VALUES: ClassVar[tuple[str, ...]] = ("text",)

    @model_validator(mode="after")
    def _sizes_agree(self) -> "Text":
        if self.size != "fit" and not 0.5 <= float(self.size) <= 300:
            raise ValueError("size is the height of a capital letter, 0.5 to 300 mm")
        if self.max_size is not None and self.max_size < self.min_size:
            raise ValueError("max_size is below min_size")
        if self.vertical and (self.wrap or self.overflow == "ellipsis" or self.max_lines):
            raise ValueError("vertical text is one column: leave wrap, max_lines and the ellipsis out")
        return self


class TextNode(Node):
    __slots__ = ("_layout", "_missing", "_setting", "_text")
    element: Text

    def __init__(self, element: Text, text: str, found: Layout, missing: tuple[str, ...], setting: Setting) -> None:
        margin = Edges(top=found.above, bottom=found.below) if found.above or found.below else NO_EDGES
        super().__init__(element, (found.width, found.height), margin)
        self._layout, self._text, self._missing, self._setting = found, text, missing, setting

    def paint(self, sheet: Sheet) -> None:
        element, found = self.element, self._layout
        colour: Colour = element.colour
        if element.inverted:
            sheet.fill(self.x, self.y, self.w, self.h, colour)
            colour = "white"
        spare = self.h - found.height
        top = self.y + aligned(spare, element.valign)
        if element.valign == "middle":
            # Capitals look centred where the room below them is not kept for descenders.
            top += min(spare - spare // 2, found.below_capitals // 2)
        # At the label's upper edge accents push the text down instead of being cut off.
        top = max(top, found.above)
        inside = True
        for line in found.lines:
            # Letters below each other share a middle line, wherever their column stands.
            inset = (found.width - line.width) // 2 if element.vertical else 0
            x = self.x + aligned(self.w - (found.width if element.vertical else line.width), element.align) + inset
            baseline = top + line.baseline
            inside = inside and x >= 0 and x + line.width <= sheet.width and baseline + line.below <= sheet.height
            sheet.write(line.glyphs, x, baseline, colour)
        sheet.note(
            self,
            text=self._text,
            lines=[line.text for line in found.lines],
            x_height_mm=round(found.px * found.x_share * 25.4 / max(self._setting.dpi_x, self._setting.dpi_y), 3),
            missing=self._missing,
            off_medium=not inside,
            size=None if element.size == "fit" or element.overflow == "shrink" else element.size,
            px=found.px,
        )


def _millimetres(dots: float, dpi: int) -> float:
    return dots * 25.4 / dpi


def _refusal(element: Text, text: str, over: TooLarge, setting: Setting) -> Exception:
    shown = text if len(text) <= 60 else text[:59] + "…"
    if over.lines:
        sentence = (
            f"Text “{element.name}”: “{shown}” takes {over.lines} lines more than the {element.max_lines} allowed."
        )
    else:
        wide = _millimetres(over.width, setting.dpi_x)
        high = _millimetres(over.height, setting.dpi_y)
        missing = " and ".join(f"{mm:.1f} mm more {what}" for mm, what in ((wide, "width"), (high, "height")) if mm > 0)
        sentence = f"Text “{element.name}”: “{shown}” does not fit, it needs {missing}."
    return does_not_fit(
        element,
        sentence,
        "Shorten it, or use a wider or longer label.",
        text=text,
        missing_mm=round(max(_millimetres(over.width, setting.dpi_x), _millimetres(over.height, setting.dpi_y)), 2),
    )


def measure(element: Text, space: Space, setting: Setting) -> Node:
    text = _cleaned(setting.text(element.text))
    if not text or text.isspace():
        return Node(element, (0, 0), empty=True)
    face = _face(element)
    width, height = own_size(element, space, setting)
    stacked = "\n".join(_letters(text)) if element.vertical else text
    try:
        found = _lay_out(element, stacked, face, width, height, setting)
    except TooLarge as over:
        raise _refusal(element, text, over, setting) from None
    node = TextNode(element, text, found, face.missing(text), setting)
    if isinstance(element.width, float):
        node.w = width or node.w
    if isinstance(element.height, float):
        node.h = height or node.h
    return node


def _cleaned(text: str) -> str:
    """Its lines, without blanks around them, and without what has no shape."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return _SHAPELESS.sub("", "\n".join([line.strip() for line in text.strip("\n").splitlines()]))


def _letters(text: str) -> list[str]:
    """Each with the marks that combine with it."""
    letters: list[str] = []
    for character in unicodedata.normalize("NFC", text.replace("\n", " ")):
        if letters and unicodedata.combining(character):
            letters[-1] += character
        else:
            letters.append(character)
    return letters


def _face(element: Text) -> Face:
    try:
        return find_face(element.font, bold=element.style == "bold")
    except KeyError:
        sentence = f"Text “{element.name}”: there is no font “{element.font}” in this hub."
        raise does_not_fit(element, sentence, 'Add it under Fonts, or use "sans".') from None


def _lay_out(element: Text, text: str, face: Face, width: int | None, height: int | None, setting: Setting) -> Layout:
    dpi = max(setting.dpi_x, setting.dpi_y)
    # Fonts have one resolution: where the head has two, letters are drawn at the finer one and squeezed.
    squeeze = (round(dpi / setting.dpi_x), round(dpi / setting.dpi_y))
    room = (
        None if width is None else width * squeeze[0],
        None if height is None else height * squeeze[1],
    )

    def px(cap_mm: float) -> int:
        return max(1, min(LARGEST_PX, round(cap_mm * dpi / 25.4 / face.metrics.cap)))

    style = Style(
        element.wrap, element.max_lines, element.line_height, element.overflow == "ellipsis", element.size == "fit"
    )
    if element.size == "fit":
        smallest = px(element.min_size)
        largest = px(element.max_size) if element.max_size else LARGEST_PX
        if room[0] is None and room[1] is None:
            largest = min(largest, px(5))
        return fitted(style, text, face, room, smallest, largest, squeeze)
    wanted = px(float(element.size))
    if element.overflow == "shrink":
        return fitted(style, text, face, room, min(px(element.min_size), wanted), wanted, squeeze)
    return layout(style, text, face, room, wanted, squeeze, cut=style.ellipsis)
