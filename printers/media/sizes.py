"""Tapes, tubes and rolls as rows of a table, and how people write their names."""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from printers.errors import UnknownMedium

Kind = Literal["tze", "hse2", "hse3", "dk"]
Shape = Literal["continuous", "die-cut", "round"]


@dataclass(frozen=True, slots=True)
class Medium:
    """One kind of cassette or roll. Millimetres, widths across the feed, lengths along it; length 0 is continuous.

    `width_code` and `length_code` are what commands (`ESC i z`) and the status block say for it: whole millimetres,
    and not always the rounded ones.
    """

    key: str
    kind: Kind
    width_mm: float
    length_mm: float
    title: str
    width_code: int
    length_code: int
    two_colour: bool = False
    shape: Shape = "continuous"


def _tape(width: float) -> Medium:
    return Medium(f"tze:{width:g}", "tze", width, 0, f"{width:g} mm tape", int(width + 0.5), 0)


def _tube(width: float) -> Medium:
    return Medium(f"hse:{width}", "hse2", width, 0, f"{width} mm heat-shrink tube 2:1", int(width + 0.5), 0)


def _tube3(width: float) -> Medium:
    return Medium(f"hse3:{width}", "hse3", width, 0, f"{width} mm heat-shrink tube 3:1", int(width + 0.5), 0)


def _roll(width: int, *, code: int = 0) -> Medium:
    return Medium(f"dk:{width}", "dk", width, 0, f"{width} mm roll", code or width, 0)


def _labels(width: int, length: int, *, width_code: int = 0, length_code: int = 0) -> Medium:
    return Medium(
        f"dk:{width}x{length}", "dk", width, length, f"{width} × {length} mm labels",
        width_code or width, length_code or length, shape="die-cut",
    )  # fmt: skip


def _round(diameter: int) -> Medium:
    return Medium(
        f"dk:d{diameter}", "dk", diameter, diameter, f"{diameter} mm round labels", diameter, diameter, shape="round"
    )


# Laminated and non-laminated tapes are one row: they differ in nothing that a printer is told.
_TABLE = (
    *(_tape(width) for width in (3.5, 6, 9, 12, 18, 24, 36)),
    *(_tube(width) for width in (5.8, 8.8, 11.7, 17.7, 23.6)),
    *(_tube3(width) for width in (5.2, 9.0, 11.2, 21.0, 31.0)),
    *(_roll(width) for width in (12, 29, 38, 50, 54, 62)),
    Medium("dk:62red", "dk", 62, 0, "62 mm roll, black/red", 62, 0, two_colour=True),
    _roll(102),
    _roll(103, code=104),
    _roll(104),
    _labels(17, 54),
    _labels(17, 87),
    _labels(23, 23),
    _labels(29, 42),
    _labels(29, 90),
    _labels(38, 90),
    _labels(39, 48),
    _labels(52, 29),
    _labels(54, 29),
    _labels(60, 86, length_code=87),
    _labels(62, 29),
    _labels(62, 100),
    _labels(102, 51),
    _labels(102, 152, length_code=153),
    _labels(103, 164, width_code=104),
    _round(12),
    _round(24),
    _round(58),
)

MEDIA: dict[str, Medium] = {medium.key: medium for medium in _TABLE}

# By the last two digits of Brother's DK numbers: DK-11201, in America DK-1201, is die-cut; DK-22205, DK-2205, DK-44205
# (removable) and DK-N55224 (without glue) are rolls.
_DK_DIE_CUT = {
    "01": "dk:29x90", "02": "dk:62x100", "03": "dk:17x87", "04": "dk:17x54", "07": "dk:d58", "08": "dk:38x90",
    "09": "dk:62x29", "18": "dk:d24", "19": "dk:d12", "21": "dk:23x23", "34": "dk:60x86", "40": "dk:102x51",
    "41": "dk:102x152", "47": "dk:103x164",
}  # fmt: skip
_DK_ROLLS = {
    "05": "dk:62", "06": "dk:62", "10": "dk:29", "11": "dk:29", "12": "dk:62", "13": "dk:62", "14": "dk:12",
    "23": "dk:50", "24": "dk:54", "25": "dk:38", "43": "dk:102", "46": "dk:103", "51": "dk:62red",
}  # fmt: skip
# The middle digit of TZe-231, TZe-FX231, HSe-231, …
_TZE_WIDTHS = {"0": "3.5", "1": "6", "2": "9", "3": "12", "4": "18", "5": "24", "6": "36"}
_HSE_WIDTHS = {"1": "5.8", "2": "8.8", "3": "11.7", "4": "17.7", "5": "23.6"}
_HSE3_WIDTHS = {"1": "5.2", "2": "9.0", "3": "11.2", "5": "21.0", "6": "31.0"}


def find_medium(text: str, among: tuple[Medium, ...] = _TABLE) -> Medium:
    """The medium that a person means by `text`: a key, a bare size as in `12`, `62 mm`, `29x90`, or Brother's number.

    A bare size is looked for in `among` (`media_for(model)` where the model is known). Raises UnknownMedium, with the
    near ones in its sentence and in `extra["near"]`, also where a bare size means two.
    """
    # As it is kept; it is looked up several times for each label.
    if (kept := MEDIA.get(text)) is not None:
        return kept
    written = re.sub(r"[\s_]|mm", "", text.lower().replace("×", "x").replace(",", "."))
    found = MEDIA.get(written) or MEDIA.get(_of_number(written) or "") or MEDIA.get(_with_decimal(written))
    if found is not None:
        return found
    sizes = [medium for medium in among if _with_decimal(medium.key).partition(":")[2] == _with_decimal(written)]
    if len(sizes) == 1:
        return sizes[0]
    raise _unknown(text, written, sizes, among)


def _of_number(written: str) -> str | None:
    if match := re.fullmatch(r"dk-?n?(\d)\d{1,2}(\d\d)", written):
        return (_DK_DIE_CUT if match[1] == "1" else _DK_ROLLS).get(match[2])
    if match := re.fullmatch(r"tze?-?[a-z]*\d(\d)\d", written):
        return f"tze:{_TZE_WIDTHS.get(match[1])}"
    if match := re.fullmatch(r"hse-?\d(\d)\d(e?)", written):
        return f"hse3:{_HSE3_WIDTHS.get(match[1])}" if match[2] else f"hse:{_HSE_WIDTHS.get(match[1])}"
    return None


def _with_decimal(written: str) -> str:
    """Tubes keep a decimal in their keys (`hse3:9.0`), tapes do not; people write both either way."""
    kind, colon, size = written.rpartition(":")
    if not re.fullmatch(r"\d+(\.\d+)?", size):
        return written
    return f"{kind}{colon}{float(size):.1f}" if kind.startswith("hse") else f"{kind}{colon}{float(size):g}"


def _unknown(text: str, written: str, sizes: list[Medium], among: tuple[Medium, ...]) -> UnknownMedium:
    shown = text.strip()[:64]
    if sizes:
        near = [medium.key for medium in sizes]
        return UnknownMedium(f"“{shown}” can mean {' or '.join(near)}: please write which.", extra={"near": near})
    keys = [medium.key for medium in among]
    by_size = {key.partition(":")[2]: key for key in reversed(keys)}
    near = get_close_matches(written, keys, n=3, cutoff=0.6)
    near = near or [by_size[size] for size in get_close_matches(written, by_size, n=3, cutoff=0.6)]
    hint = f"Near ones: {', '.join(near)}." if near else f"There are: {', '.join(keys)}."
    return UnknownMedium(
        f"“{shown}” is no tape or roll that is known here. {hint}" if shown else f"No tape or roll is named. {hint}",
        extra={"near": near},
    )
