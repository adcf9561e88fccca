"""Pictures: PNG or JPEG, brought to black and white."""

import base64
import binascii
import io
from functools import lru_cache
from typing import ClassVar, Literal

from PIL import Image
from pydantic import Field, field_validator

from templates_app.elements.base import (
    Colour,
    Element,
    Horizontal,
    Node,
    Setting,
    Sheet,
    Space,
    Vertical,
    aligned,
    does_not_fit,
    own_size,
)

LARGEST_BYTES = 1_500_000
LARGEST_SIDE = 6000
LARGEST_PIXELS = 16_000_000
# A value that names one of the hub's pictures instead of bringing its own.
REFERENCE = "picture:"
# The hub's pictures that this process has read, by name (templates_app/house_pictures.py); they never change.
PICTURES: dict[str, bytes] = {}


class Picture(Element):
    kind: Literal["image"] = "image"
    field: str | None = Field(None, max_length=64, description="The image field to show")
    data: str | None = Field(None, max_length=2_000_000, description="A PNG or JPEG in base64 or as a data URL")
    picture: str | None = Field(
        None, max_length=40, pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", description="One of the hub's pictures, by its name"
    )
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


def open_picture(data: str) -> Image.Image:
    """Of base64, a data URL or a reference to the hub's pictures; raises ValueError with a sentence."""
    if data.startswith(REFERENCE):
        name = data.removeprefix(REFERENCE)
        if name not in PICTURES:
            raise ValueError(f"there is no picture “{name[:60]}” in this hub")
        return read_picture(PICTURES[name])
    encoded = data.partition(",")[2] if data.startswith("data:") else data
    if len(encoded) > LARGEST_BYTES * 4 // 3 + 4:
        raise ValueError("a picture may have 1.5 MB")
    try:
        raw = base64.b64decode(encoded, validate=False)
    except (binascii.Error, ValueError) as error:
        raise ValueError("this is no PNG or JPEG in base64") from error
    return read_picture(raw)


def opened_picture(raw: bytes) -> Image.Image:
    """Its header only; raises ValueError for other formats, and for more bytes or pixels than are allowed."""
    if len(raw) > LARGEST_BYTES:
        raise ValueError("a picture may have 1.5 MB")
    try:
        opened = Image.open(io.BytesIO(raw), formats=("PNG", "JPEG"))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValueError(f"a picture may have {LARGEST_PIXELS // 1_000_000} million dots") from error
    except (OSError, ValueError, SyntaxError) as error:
        raise ValueError("this is no PNG or JPEG") from error
    if max(opened.size) > LARGEST_SIDE or opened.width * opened.height > LARGEST_PIXELS:
        raise ValueError(
            f"a picture may be {LARGEST_SIDE} dots wide and high and have {LARGEST_PIXELS // 1_000_000} million dots, "
            f"this one is {opened.width} × {opened.height}"
        )
    return opened


# One may take 16 MB.
@lru_cache(maxsize=8)
def read_picture(raw: bytes) -> Image.Image:
    """Grey, transparent parts white; raises ValueError. Sizes are checked before pixels are read."""
    opened = opened_picture(raw)
    try:
        image: Image.Image = opened
        if opened.mode in {"RGBA", "LA", "PA"} or "transparency" in opened.info:
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
        return image.convert("L")
    except (OSError, ValueError, SyntaxError) as error:
        raise ValueError("the picture is damaged") from error


class PictureNode(Node):
    __slots__ = ("_image", "_natural")
    element: Picture

    def __init__(self, element: Picture, image: Image.Image, size: tuple[int, int]) -> None:
        super().__init__(element, size)
        self._image, self._natural = image, size

    def place(self, x: int, y: int, w: int, h: int) -> None:
        self.w, self.h = self._natural
        self.x = x + aligned(w - self.w, self.element.align)
        self.y = y + aligned(h - self.h, self.element.valign)

    def paint(self, sheet: Sheet) -> None:
        grey = self._image.resize((self.w, self.h), Image.Resampling.LANCZOS)
        if self.element.mode == "dither":
            ink = grey.convert("1").convert("L").point(lambda v: 255 - v)
        else:
            limit = self.element.threshold
            ink = grey.point([255 if v < limit else 0 for v in range(256)])
        sheet.stamp(ink.im, self.x, self.y, self.element.colour)
        sheet.note(self)


def measure(element: Picture, space: Space, setting: Setting) -> Node:
    own = f"{REFERENCE}{element.picture}" if element.picture else element.data
    data = own or (setting.scope.values.get(element.field) if element.field else None)
    if not data:
        return Node(element, (0, 0), empty=True)
    try:
        image = open_picture(str(data))
    except ValueError as error:
        raise does_not_fit(element, f"Image “{element.name}”: {error}.", "Add it under Templates → Pictures.") from None
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
