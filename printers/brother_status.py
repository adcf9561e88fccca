"""Brother's 32-byte status block, read and built.

The same layout answers `ESC i S` and SNMP. Field positions and codes: Brother "Raster Command Reference",
PT-E550W/P750W/P710BT v1.02 and QL-800 series v1.01, "Status information request".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

BLOCK_SIZE = 32
HEADER = b"\x80\x20B"

NO_MEDIA, END_OF_MEDIA, CUTTER_JAM, WEAK_BATTERIES = 0x01, 0x02, 0x04, 0x08
IN_USE, TURNED_OFF, HIGH_VOLTAGE, FAN_MOTOR = 0x10, 0x20, 0x40, 0x80
REPLACE_MEDIA, BUFFER_FULL, COMMUNICATION_ERROR = 0x01, 0x02, 0x04
COVER_OPEN, OVERHEATING, CANNOT_FEED, SYSTEM_ERROR = 0x10, 0x20, 0x40, 0x80

# bit → (name, IPP printer-state-reason without its severity; RFC 8011 5.4.12)
ERRORS_1 = {
    NO_MEDIA: ("no media", "media-empty"),
    END_OF_MEDIA: ("end of media", "media-empty"),
    CUTTER_JAM: ("cutter jam", "media-jam"),
    WEAK_BATTERIES: ("weak batteries", "other"),
    IN_USE: ("printer in use", "other"),
    TURNED_OFF: ("printer turned off", "offline"),
    HIGH_VOLTAGE: ("high-voltage adapter", "other"),
    FAN_MOTOR: ("fan motor error", "other"),
}
ERRORS_2 = {
    REPLACE_MEDIA: ("wrong media", "media-needed"),
    BUFFER_FULL: ("expansion buffer full", "other"),
    COMMUNICATION_ERROR: ("communication error", "other"),
    COVER_OPEN: ("cover open", "cover-open"),
    OVERHEATING: ("overheating", "other"),
    CANNOT_FEED: ("media cannot be fed", "media-jam"),
    SYSTEM_ERROR: ("system error", "other"),
}

LAMINATED, NON_LAMINATED, HEAT_SHRINK_2, HEAT_SHRINK_3 = 0x01, 0x03, 0x11, 0x17
CONTINUOUS, DIE_CUT, INCOMPATIBLE = 0x4A, 0x4B, 0xFF
# A QL-820NWB was seen to say 0A and 0B over SNMP where the reference has 4A and 4B.
CONTINUOUS_BY_SNMP, DIE_CUT_BY_SNMP = 0x0A, 0x0B

MEDIA_TYPES = {
    0x00: "none",
    LAMINATED: "laminated",
    NON_LAMINATED: "non-laminated",
    HEAT_SHRINK_2: "heat-shrink 2:1",
    HEAT_SHRINK_3: "heat-shrink 3:1",
    CONTINUOUS: "continuous",
    DIE_CUT: "die-cut",
    CONTINUOUS_BY_SNMP: "continuous",
    DIE_CUT_BY_SNMP: "die-cut",
    INCOMPATIBLE: "incompatible",
}

# The block has whole millimetres; these widths are not.
TRUE_WIDTHS = {
    LAMINATED: {4: 3.5},
    NON_LAMINATED: {4: 3.5},
    HEAT_SHRINK_2: {6: 5.8, 9: 8.8, 12: 11.7, 18: 17.7, 24: 23.6},
    HEAT_SHRINK_3: {5: 5.2, 9: 9.0, 11: 11.2, 21: 21.0},
}

TAPE_COLORS = {
    0x01: "white",
    0x02: "other",
    0x03: "clear",
    0x04: "red",
    0x05: "blue",
    0x06: "yellow",
    0x07: "green",
    0x08: "black",
    0x09: "clear (white text)",
    0x20: "matte white",
    0x21: "matte clear",
    0x22: "matte silver",
    0x23: "satin gold",
    0x24: "satin silver",
    0x30: "blue (D)",
    0x31: "red (D)",
    0x40: "fluorescent orange",
    0x41: "fluorescent yellow",
    0x50: "berry pink",
    0x51: "light gray",
    0x52: "lime green",
    0x60: "yellow (F)",
    0x61: "pink (F)",
    0x62: "blue (F)",
    0x70: "white (heat-shrink)",
    0x90: "white (flexible ID)",
    0x91: "yellow (flexible ID)",
    0xF0: "cleaning",
    0xF1: "stencil",
    0xFF: "incompatible",
}
TEXT_COLORS = {
    0x01: "white",
    0x02: "other",
    0x04: "red",
    0x05: "blue",
    0x08: "black",
    0x0A: "gold",
    # A QL-800 with the DK-22251 in it says 81; it burns either.
    0x81: "black/red",
    0x62: "blue (F)",
    0xF0: "cleaning",
    0xF1: "stencil",
    0xFF: "incompatible",
}

STATUS_TYPES = {0: "reply", 1: "printing completed", 2: "error", 4: "turned off", 5: "notification", 6: "phase change"}
PHASES = {0: "receiving", 1: "printing"}
NOTIFICATIONS = {1: "cover opened", 2: "cover closed", 3: "cooling started", 4: "cooling finished"}

# bytes 3 and 4; where several models share a code the first one stands here
MODEL_CODES = {
    (0x30, 0x66): "pt-e550w",
    (0x30, 0x67): "pt-p700",
    (0x30, 0x68): "pt-p750w",
    (0x30, 0x76): "pt-p710bt",
    (0x30, 0x71): "pt-p900",
    (0x30, 0x69): "pt-p900w",
    (0x30, 0x70): "pt-p950nw",
    (0x30, 0x78): "pt-p910bt",
    (0x30, 0x4F): "ql-500",
    (0x34, 0x31): "ql-560",
    (0x34, 0x32): "ql-570",
    (0x34, 0x33): "ql-580n",
    (0x34, 0x47): "ql-600",
    (0x30, 0x51): "ql-650td",
    (0x34, 0x35): "ql-700",
    (0x34, 0x36): "ql-710w",
    (0x34, 0x37): "ql-720nw",
    (0x34, 0x38): "ql-800",
    (0x34, 0x39): "ql-810w",
    (0x34, 0x41): "ql-820nwb",
    (0x30, 0x50): "ql-1050",
    (0x34, 0x34): "ql-1060n",
    (0x34, 0x43): "ql-1100",
    (0x34, 0x44): "ql-1110nwb",
    (0x34, 0x45): "ql-1115nwb",
}


@dataclass(frozen=True, slots=True)
class Block:
    """One status block. Codes are as sent; the properties say what they mean, in millimetres and words.

    `media_width_mm`, `media_length_mm` are None, and media and colour names empty, where the block cannot know: with
    the cover open a printer reports none, whatever lies in it. An exhausted cassette keeps its width.
    """

    raw: bytes
    series: int
    model_code: int
    error1: int
    error2: int
    width_code: int
    media_type_code: int
    length_code: int
    mode: int
    status_type_code: int
    phase_code: int
    phase_number: int
    notification_code: int
    tape_color_code: int
    text_color_code: int

    @property
    def model_key(self) -> str | None:
        """The model's key as in printers.media, or None for a code that is not known."""
        return MODEL_CODES.get((self.series, self.model_code))

    @property
    def error_names(self) -> tuple[str, ...]:
        named = _bits(self.error1, ERRORS_1, "error information 1") + _bits(
            self.error2, ERRORS_2, "error information 2"
        )
        if not named and self.status_type_code == 2:
            return ("unnamed error",)
        return tuple(name for name, _ in named)

    @property
    def reasons(self) -> tuple[str, ...]:
        """IPP printer-state-reasons of the error bits, each once, without severity; empty when there is no error."""
        named = _bits(self.error1, ERRORS_1, "") + _bits(self.error2, ERRORS_2, "")
        if not named and self.status_type_code == 2:
            return ("other",)
        return tuple(dict.fromkeys(reason for _, reason in named))

    @property
    def has_error(self) -> bool:
        return bool(self.error1 or self.error2 or self.status_type_code == 2)

    @property
    def cover_open(self) -> bool:
        return bool(self.error2 & COVER_OPEN)

    @property
    def printing(self) -> bool:
        return self.phase_code == 1

    @property
    def media_known(self) -> bool:
        return not self.cover_open and self.width_code > 0 and self.media_type_code not in (0, INCOMPATIBLE)

    @property
    def media_width_mm(self) -> float | None:
        if not self.media_known:
            return None
        return TRUE_WIDTHS.get(self.media_type_code, {}).get(self.width_code, float(self.width_code))

    @property
    def media_length_mm(self) -> float | None:
        """0 for continuous media."""
        return float(self.length_code) if self.media_known else None

    @property
    def media_type(self) -> str:
        """`laminated`, `die-cut`, …; `none` and `incompatible` are said only with the cover closed."""
        return "" if self.cover_open else _named(self.media_type_code, MEDIA_TYPES)

    @property
    def tape_color(self) -> str:
        return _named(self.tape_color_code, TAPE_COLORS) if self.media_known and self.tape_color_code else ""

    @property
    def text_color(self) -> str:
        return _named(self.text_color_code, TEXT_COLORS) if self.media_known and self.text_color_code else ""

    @property
    def status_type(self) -> str:
        return _named(self.status_type_code, STATUS_TYPES)

    @property
    def phase(self) -> str:
        return _named(self.phase_code, PHASES)

    @property
    def notification(self) -> str:
        return _named(self.notification_code, NOTIFICATIONS) if self.notification_code else ""


@lru_cache(maxsize=1024)
def parse_block(raw: bytes) -> Block:
    """Raises ValueError, with a sentence, unless these are 32 bytes that begin as a Brother status does."""
    if len(raw) != BLOCK_SIZE:
        raise ValueError(f"A status block has {BLOCK_SIZE} bytes, this one has {len(raw)}.")
    if raw[:3] != HEADER:
        raise ValueError(f"A Brother status block begins with {HEADER.hex(' ')}, this one with {raw[:3].hex(' ')}.")
    return Block(
        raw=bytes(raw),
        series=raw[3],
        model_code=raw[4],
        error1=raw[8],
        error2=raw[9],
        width_code=raw[10],
        media_type_code=raw[11],
        mode=raw[15],
        length_code=raw[17],
        status_type_code=raw[18],
        phase_code=raw[19],
        phase_number=raw[20] << 8 | raw[21],
        notification_code=raw[22],
        tape_color_code=raw[24],
        text_color_code=raw[25],
    )


def build_block(
    *,
    series: int,
    model_code: int,
    error1: int = 0,
    error2: int = 0,
    width_mm: float = 0,
    media_type: int = 0,
    length_mm: float = 0,
    mode: int = 0,
    status_type: int = 0,
    phase: int = 0,
    phase_number: int = 0,
    notification: int = 0,
    tape_color: int = 0,
    text_color: int = 0,
    other: Mapping[int, int] | None = None,
) -> bytes:
    """The 32 bytes that say this. `other` sets bytes without a name here, by offset."""
    raw = bytearray(BLOCK_SIZE)
    raw[:6] = HEADER + bytes((series, model_code, 0x30))
    raw[8], raw[9] = error1, error2
    raw[10], raw[11], raw[17] = width_code(width_mm), media_type, round(length_mm)
    raw[15], raw[18], raw[19] = mode, status_type, phase
    raw[20], raw[21] = divmod(phase_number, 256)
    raw[22], raw[24], raw[25] = notification, tape_color, text_color
    for offset, value in (other or {}).items():
        raw[offset] = value
    return bytes(raw)


def width_code(width_mm: float) -> int:
    """Whole millimetres as the block has them: 3.5 mm tape is 4, 5.8 mm tube is 6."""
    return int(width_mm + 0.5)


def _bits(value: int, names: dict[int, tuple[str, str]], where: str) -> list[tuple[str, str]]:
    bits = [1 << n for n in range(8) if value >> n & 1]
    return [names.get(bit, (f"unknown bit {bit:02x} in {where}", "other")) for bit in bits]


def _named(code: int, names: dict[int, str]) -> str:
    return names.get(code, f"unknown ({code:02x})")
