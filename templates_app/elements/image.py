"""Pictures: PNG or JPEG, brought to black and white."""

import base64
import binascii
import io
from functools import lru_cache
from typing import ClassVar, Literal

from PIL import Image
from pydantic import Field, field_validator

from templates_app.elements.base import (
    NO_EDGES,
    Colour,
    Edges,
    Element,
    Horizontal,
    Setting,
    Sheet,
    Space,
    Vertical,
    aligned,
    own_size,
)

LARGEST_BYTES = 1_500_000
LARGEST_SIDE = 6000
LARGEST_PIXELS = 16_000_000


class Picture(Element):
    kind: Literal["image"] = "image"
    field: str | None = Field(None, max_length=64, description="The image field to show")
    data: str | None = Field(None, max_length=2_000_000, description="A PNG or JPEG in base64 or as a data URL")
    mode: Literal["threshold", "dither"] = "threshold"
    threshold: int = Field(128, ge=1, le=255)
    align: Horizontal = "center"
    valign: Vertical = "middle"
    colour: Colour = "black"

    VALUES: ClassVar[tuple[str, ...]] = ()

    @field_validator("data")
    @classmethod
    def _is_a_picture(cls, data: str | None) -> str | None:
        if data is not None:
            open_picture(data)
        return data


@lru_cache(maxsize=32)
def open_picture(data: str) -> Image.Image:
    """Grey, transparent parts white; raises ValueError with a sentence. Sizes are checked before pixels are read."""
    encoded = data.partition(",")[2] if data.startswith("data:") else data
    if len(encoded) > LARGEST_BYTES * 4 // 3 + 4:
        raise ValueError("a picture may have 1.5 MB")
    try:
        opened = Image.open(io.BytesIO(base64.b64decode(encoded, validate=False)), formats=("PNG", "JPEG"))
    except (binascii.Error, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError("this is no PNG or JPEG in base64") from error
    if max(opened.size) > LARGEST_SIDE or opened.width * opened.height > LARGEST_PIXELS:
        raise ValueError(
            f"a picture may be {LARGEST_SIDE} dots wide and high, this one is {opened.width} × {opened.height}"
        )
    try:
        image: Image.Image = opened
        if opened.mode in {"RGBA", "LA", "PA"} or "transparency" in opened.info:
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
        return image.convert("L")
    except (OSError, ValueError, SyntaxError) as error:
        raise ValueError("the picture is damaged") from error


class PictureNode:
    __slots__ = ("_image", "_natural", "element", "empty", "h", "margin", "w", "x", "y")

    def __init__(self, element: Picture, image: Image.Image | None, size: tuple[int, int]) -> None:
        self.element, self._image = element, image
        self.empty = image is None
        self.margin: Edges = NO_EDGES
        self.x = self.y = 0
        self.w, self.h = self._natural = size

    def place(self, x: int, y: int, w: int, h: int) -> None:
        self.w, self.h = self._natural
        self.x = x + aligned(w - self.w, self.element.align)
        self.y = y + aligned(h - self.h, self.element.valign)

    def paint(self, sheet: Sheet) -> None:
        if self._image is None:
            return
        grey = self._image.resize((self.w, self.h), Image.Resampling.LANCZOS)
        if self.element.mode == "dither":
            ink = grey.convert("1").convert("L").point(lambda v: 255 - v)
        else:
            limit = self.element.threshold
            ink = grey.point([255 if v < limit else 0 for v in range(256)])
        sheet.stamp(ink.im, self.x, self.y, self.element.colour)
        sheet.note(self)


def measure(element: Picture, space: Space, setting: Setting) -> PictureNode:
    data = element.data or (setting.scope.values.get(element.field) if element.field else None)
    if not data:
        return PictureNode(element, None, (0, 0))
    image = open_picture(str(data))
    width, height = own_size(element, space, setting)
    # Pictures keep their proportions in millimetres, whatever the head's resolutions.
    aspect = image.width / image.height * setting.dpi_x / setting.dpi_y
    if width is None and height is None:
        height = setting.down(10)
    if width is None or (height is not None and height * aspect < width):
        width = round((height or 1) * aspect)
    else:
        height = round(width / aspect)
    return PictureNode(element, image, (max(1, width), max(1, height or 1)))
