"""What the print head burns, dot by dot: the one form in which a label travels from rendering to a driver."""

import hashlib
import io
from dataclasses import dataclass
from functools import cached_property

from PIL import Image

BLACK_DOT, WHITE_DOT = 0, 255


@dataclass(frozen=True)
class Raster:
    """One label as the printer sees it.

    `black` (and `red`, on two-colour media) are mode "1" images: 0 is a burnt dot, 255 is blank. Their width is the
    number of raster lines along the feed, the first line that leaves the printer at x = 0; their height is the number
    of print pins across the tape, exactly. `dpi_along` and `dpi_across` turn dots into inches.
    """

    black: Image.Image
    red: Image.Image | None = None
    dpi_along: int = 180
    dpi_across: int = 180

    @property
    def lines(self) -> int:
        return self.black.width

    @property
    def pins(self) -> int:
        return self.black.height

    @property
    def length_mm(self) -> float:
        return self.lines / self.dpi_along * 25.4

    @cached_property
    def png(self) -> bytes:
        """1-bit PNG, or a palette of white, black and red; the same bytes for the same dots."""
        if self.red is None:
            image = self.black
        else:
            image = Image.new("P", self.black.size, 0)
            image.putpalette([255, 255, 255, 0, 0, 0, 200, 30, 30])
            image.paste(1, mask=self.black.point(lambda v: 255 - v, "1"))
            image.paste(2, mask=self.red.point(lambda v: 255 - v, "1"))
        out = io.BytesIO()
        image.save(out, "PNG", dpi=(self.dpi_along, self.dpi_across))
        return out.getvalue()

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.png).hexdigest()

    @classmethod
    def from_png(cls, data: bytes) -> "Raster":
        """The raster that `png` wrote; raises ValueError for anything else."""
        try:
            image = Image.open(io.BytesIO(data), formats=("PNG",))
            image.load()
        except (OSError, SyntaxError) as error:
            raise ValueError(f"not a label image: {error}") from error
        along, across = (round(v) for v in image.info.get("dpi", (180, 180)))
        if image.mode == "1":
            return cls(image, None, along, across)
        if image.mode != "P":
            raise ValueError(f"a label image has 1 bit or a palette, this one is {image.mode}")
        planes = [image.point([0 if v == n else 255 for v in range(256)], "1") for n in (1, 2)]
        return cls(planes[0], planes[1], along, across)
