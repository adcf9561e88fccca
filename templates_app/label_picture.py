"""A rendering laid out for the eye: the whole piece of tape in millimetres, the printed dots on it, what lint says."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.formats import number_format

from printers.drawing import BLACK, WHITE
from printers.pictures import data_uri, reading_png
from templates_app.lint import Finding
from templates_app.rendering import Rendering

PX_PER_MM = 7.2
TONES = {"error": "error", "warning": "warn", "info": "off"}


@dataclass(frozen=True, slots=True)
class Box:
    x: float
    y: float
    width: float
    height: float
    tone: str
    # The element that it belongs to.
    name: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """In millimetres of the reading view; the origin is the top left corner of the piece of tape."""

    src: str
    width_mm: float
    height_mm: float
    image_x: float
    image_y: float
    image_width: float
    image_height: float
    shape: str
    paper: str
    boxes: list[Box] = field(default_factory=list)

    @property
    def view_box(self) -> str:
        return f"-5 -7 {self.width_mm + 6:.2f} {self.height_mm + 8:.2f}"

    @property
    def css_width(self) -> int:
        return round((self.width_mm + 6) * PX_PER_MM)

    @property
    def css_height(self) -> int:
        return round((self.height_mm + 8) * PX_PER_MM)

    @property
    def middle_x(self) -> float:
        return self.width_mm / 2

    @property
    def middle_y(self) -> float:
        return self.height_mm / 2

    @property
    def corner(self) -> float:
        return 1.5 if self.shape == "die-cut" else 0

    @property
    def size(self) -> str:
        return f"{number_format(round(self.width_mm, 1))} × {number_format(round(self.height_mm, 1))} mm"

    @property
    def marks_along(self) -> list[int]:
        step = 10 if self.width_mm <= 200 else 50
        return list(range(0, int(self.width_mm) + 1, step))


def lay_out_picture(
    rendering: Rendering, found: Iterable[Finding], *, paper: str = WHITE, ink: str = BLACK, every_box: bool = False
) -> Picture:
    """Boxes stand where lint found something; `every_box` adds those of all other elements, without a tone."""
    raster, across, canvas = rendering.raster, rendering.across, rendering.canvas
    medium = canvas.medium
    printed = (raster.length_mm, raster.pins / raster.dpi_across * 25.4)
    whole = (medium.length_mm or printed[0] + 2 * canvas.margin_mm, medium.width_mm)
    edges = ((whole[0] - printed[0]) / 2, (whole[1] - printed[1]) / 2)
    if across:
        printed, whole, edges = printed[::-1], whole[::-1], edges[::-1]
    left, top = edges
    tones = {each.element: TONES.get(each.severity, "warn") for each in found if each.severity != "info"}
    return Picture(
        src=data_uri(reading_png(raster, across=across, paper=paper, ink=ink)),
        width_mm=round(whole[0], 2),
        height_mm=round(whole[1], 2),
        image_x=round(left, 2),
        image_y=round(top, 2),
        image_width=round(printed[0], 2),
        image_height=round(printed[1], 2),
        shape=medium.shape,
        paper=paper,
        boxes=[
            Box(round(left + x, 2), round(top + y, 2), round(width, 2), round(height, 2), tones.get(name, ""), name)
            for name, (x, y, width, height) in ((e.name, e.box_mm) for e in rendering.elements)
            if name in tones or every_box
        ],
    )
