"""Printer models as rows of a table, and how people write their names."""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from printers.errors import UnknownModel

Family = Literal["pt", "ql"]


@dataclass(frozen=True, slots=True)
class Model:
    """One printer model as its command language sees it.

    `pins` is the whole print head, `bytes_per_line` = pins / 8. `dpi` holds along and across the tape; high resolution
    doubles it along only. `min_dots` and `max_dots` bound a label on continuous media, in raster lines at `dpi`.
    `speed_mm_s` is the data sheet's. `invalidate_bytes` is how many zeros clear the command buffer.

    Sources: Brother "Raster Command Reference" of each series, sections 2.3 (print area, length) and 4 (commands).
    """

    key: str
    name: str
    family: Family
    pins: int
    dpi: int
    min_dots: int
    max_dots: int
    speed_mm_s: float
    auto_cut: bool = True
    half_cut: bool = False
    two_colour: bool = False
    high_resolution: bool = True
    compression: bool = True
    # Some PT models do not cut at all when lines come uncompressed.
    cuts_only_compressed: bool = False
    # Whether the model knows ESC i a (it has another command mode besides raster) and ESC i K.
    mode_command: bool = True
    expanded_mode: bool = True
    # Pins at the head's right end that lie beyond every roll's own right offset.
    right_offset: int = 0
    invalidate_bytes: int = 200

    @property
    def bytes_per_line(self) -> int:
        return self.pins // 8

    @property
    def min_length_mm(self) -> float:
        return self.min_dots / self.dpi * 25.4

    @property
    def max_length_mm(self) -> float:
        return self.max_dots / self.dpi * 25.4


def _pt(name: str, speed: float, *, half_cut: bool = True, cuts_only_compressed: bool = False) -> Model:
    """180 dpi: 4.4 mm to 1000 mm."""
    return Model(
        name.lower(), name, "pt", 128, 180, 31, 7086, speed,
        half_cut=half_cut, cuts_only_compressed=cuts_only_compressed,
    )  # fmt: skip


def _pt_wide(name: str, speed: float) -> Model:
    """360 dpi: 4 mm to 1000 mm."""
    return Model(name.lower(), name, "pt", 560, 360, 57, 14173, speed, half_cut=True)


def _ql(
    name: str,
    speed: float,
    *,
    min_dots: int = 150,
    auto_cut: bool = True,
    compression: bool = True,
    mode_command: bool = True,
    expanded_mode: bool = True,
    two_colour: bool = False,
    invalidate_bytes: int = 200,
) -> Model:
    """300 dpi, 720 pins: 12.7 mm (25 mm on the oldest) to 1 m."""
    return Model(
        name.lower(), name, "ql", 720, 300, min_dots, 11811, speed,
        auto_cut=auto_cut, compression=compression, mode_command=mode_command, expanded_mode=expanded_mode,
        high_resolution=expanded_mode, two_colour=two_colour, invalidate_bytes=invalidate_bytes,
    )  # fmt: skip


def _ql_wide(name: str, min_dots: int, max_dots: int) -> Model:
    """300 dpi, 1296 pins: 25 mm to 3 m, 110 mm/s."""
    return Model(name.lower(), name, "ql", 1296, 300, min_dots, max_dots, 110, right_offset=44)


_TABLE = (
    _pt("PT-E550W", 30, cuts_only_compressed=True),
    _pt("PT-P750W", 30, cuts_only_compressed=True),
    _pt("PT-P710BT", 20, half_cut=False),
    _pt_wide("PT-P900", 60),
    _pt_wide("PT-P900W", 60),
    _pt_wide("PT-P950NW", 60),
    _pt_wide("PT-P910BT", 60),
    _ql("QL-500", 90, min_dots=295, auto_cut=False, compression=False, mode_command=False, expanded_mode=False),
    _ql("QL-550", 90, min_dots=295, compression=False, mode_command=False),
    _ql("QL-560", 90, min_dots=295, compression=False, mode_command=False),
    _ql("QL-570", 110, compression=False, mode_command=False),
    _ql("QL-580N", 110),
    _ql("QL-600", 71),
    _ql("QL-650TD", 90, min_dots=295),
    _ql("QL-700", 150, compression=False, mode_command=False),
    _ql("QL-710W", 150),
    _ql("QL-720NW", 150),
    _ql("QL-800", 148, compression=False, two_colour=True, invalidate_bytes=400),
    _ql("QL-810W", 176, two_colour=True, invalidate_bytes=400),
    _ql("QL-820NWB", 176, two_colour=True, invalidate_bytes=400),
    _ql_wide("QL-1050", 295, 35433),
    _ql_wide("QL-1060N", 295, 35433),
    _ql_wide("QL-1100", 301, 35434),
    _ql_wide("QL-1110NWB", 301, 35434),
    _ql_wide("QL-1115NWB", 301, 35434),
)

MODELS: dict[str, Model] = {model.key: model for model in _TABLE}

# Names on boxes and in shops; the command language is that of the model on the right.
_SOLD_AS = {
    "PT-E550WVP": "pt-e550w",
    "PT-E550WSP": "pt-e550w",
    "PT-E550WNIVP": "pt-e550w",
    "PT-P750WVP": "pt-p750w",
    "PT-P750WSP": "pt-p750w",
    "PT-P710BTH": "pt-p710bt",
    "PT-P900Wc": "pt-p900w",
    "PT-P900c": "pt-p900",
    "PT-P910": "pt-p910bt",
    "PT-P950": "pt-p950nw",
    "PT-P950NWc": "pt-p950nw",
    "QL-580": "ql-580n",
    "QL-600B": "ql-600",
    "QL-600G": "ql-600",
    "QL-600R": "ql-600",
    "QL-650": "ql-650td",
    "QL-710": "ql-710w",
    "QL-720": "ql-720nw",
    "QL-720N": "ql-720nw",
    "QL-800c": "ql-800",
    "QL-810": "ql-810w",
    "QL-810Wc": "ql-810w",
    "QL-820": "ql-820nwb",
    "QL-820NWBc": "ql-820nwb",
    "QL-820NWBVM": "ql-820nwb",
    "QL-820NWBcVM": "ql-820nwb",
    "QL-1060": "ql-1060n",
    "QL-1100c": "ql-1100",
    "QL-1110": "ql-1110nwb",
    "QL-1110NWBc": "ql-1110nwb",
    "QL-1115": "ql-1115nwb",
}


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower()).removeprefix("brother")


def _names() -> dict[str, Model]:
    written = {name: MODELS[key] for name, key in _SOLD_AS.items()} | {model.name: model for model in _TABLE}
    names = {_letters(name): model for name, model in written.items()}
    # Without the series, as in "p750w" and "820nwb"; no two models share such a rest.
    return {name[2:]: model for name, model in names.items()} | names


_BY_NAME = _names()


def find_model(text: str) -> Model:
    """The model that a person means by `text`: case, blanks, hyphens and the maker's name do not matter.

    Raises UnknownModel, with the near ones in its sentence and in `extra["near"]`.
    """
    # As it is kept; it is looked up several times for each label.
    if (kept := MODELS.get(text.lower())) is not None:
        return kept
    letters = _letters(text)
    model = _BY_NAME.get(letters)
    if model is not None:
        return model
    near = list(dict.fromkeys(_BY_NAME[name].name for name in get_close_matches(letters, _BY_NAME, n=6, cutoff=0.6)))
    near = near[:3]
    hint = f"Near ones: {', '.join(near)}." if near else f"There are: {', '.join(model.name for model in _TABLE)}."
    shown = text.strip()[:64]
    raise UnknownModel(
        f"“{shown}” is no printer model that is known here. {hint}" if shown else f"No printer model is named. {hint}",
        extra={"near": near},
    )
