"""What lies in the printer, in the codes that its status block and its print information have for it."""

from dataclasses import dataclass

from printers import brother_status as status
from printers.errors import UnknownMedium
from printers.media import Medium, Model, find_medium, media_for, placement

TYPE_CODES = {"tze": status.LAMINATED, "hse2": status.HEAT_SHRINK_2, "hse3": status.HEAT_SHRINK_3}
# This model was seen to report the codes of SNMP; the others are not known to.
SAYS_CODES_OF_SNMP = {"ql-820nwb"}
WHITE_TAPE, WHITE_TUBE, BLACK_TEXT, BLACK_AND_RED = 0x01, 0x70, 0x08, 0x81


@dataclass(frozen=True, slots=True)
class Loaded:
    """A medium in a model. Of the pins of the head, `pins` from `first_pin` on have it under them.

    `min_lines` and `max_lines` are at the model's own resolution, not at high resolution.
    """

    medium: Medium
    first_pin: int
    pins: int
    min_lines: int
    max_lines: int
    margin_mm: float
    type_code: int
    tape_color: int
    text_color: int

    @property
    def accepted_types(self) -> tuple[int, ...]:
        """Media types that a sender may name: the reference's code and the one that is used over networks."""
        if self.medium.kind != "dk":
            return (self.type_code,)
        if self.medium.length_mm:
            return (status.DIE_CUT, status.DIE_CUT_BY_SNMP)
        return (status.CONTINUOUS, status.CONTINUOUS_BY_SNMP)

    @property
    def name(self) -> str:
        """As prtInputMediaName has it."""
        width = f"{self.medium.width_mm:g}mm"
        if self.medium.kind != "dk":
            return f'{width}({self.medium.width_mm / 25.4:.2f}")'
        return f"{width} x {self.medium.length_mm:g}mm" if self.medium.length_mm else width


def load(model: Model, medium: str | Medium, tape_color: str | None = None, text_color: str | None = None) -> Loaded:
    """Put a medium, by the name that a person gives it, into a model; colours by their names in the status block.

    Raises UnknownMedium, MediumDoesNotFit, and ValueError for a colour that no tape has.
    """
    if isinstance(medium, str):
        medium = _find(medium, model)
    place = placement(model, medium)
    tape, text = _usual_colors(medium)
    return Loaded(
        medium=medium,
        first_pin=place.left,
        pins=place.pins,
        min_lines=place.length_dots or place.min_dots,
        max_lines=place.length_dots or place.max_dots,
        margin_mm=place.feed_margin_dots / model.dpi * 25.4,
        type_code=_type_code(model, medium),
        tape_color=_code(tape_color, status.TAPE_COLORS) if tape_color else tape,
        text_color=_code(text_color, status.TEXT_COLORS) if text_color else text,
    )


def neighbour(loaded: Loaded, model: Model) -> Loaded:
    """Some other medium that fits the model, with another size."""
    others = [m for m in media_for(model) if m.width_code != loaded.medium.width_code and m.kind == loaded.medium.kind]
    return load(model, others[-1])


def _find(text: str, model: Model) -> Medium:
    try:
        return find_medium(text, media_for(model))
    except UnknownMedium as unknown:
        # What exists and does not fit deserves to be told so.
        try:
            return find_medium(text)
        except UnknownMedium:
            raise unknown from None


def _type_code(model: Model, medium: Medium) -> int:
    if medium.kind != "dk":
        return TYPE_CODES[medium.kind]
    if model.key in SAYS_CODES_OF_SNMP:
        return status.DIE_CUT_BY_SNMP if medium.length_mm else status.CONTINUOUS_BY_SNMP
    return status.DIE_CUT if medium.length_mm else status.CONTINUOUS


def _usual_colors(medium: Medium) -> tuple[int, int]:
    """Rolls have no colours in their block, but for the black/red one."""
    if medium.kind == "dk":
        return (WHITE_TAPE, BLACK_AND_RED) if medium.two_colour else (0, 0)
    return (WHITE_TAPE if medium.kind == "tze" else WHITE_TUBE), BLACK_TEXT


def _code(name: str, names: dict[int, str]) -> int:
    for code, known in names.items():
        if known == name.strip().lower():
            return code
    raise ValueError(f"No tape has the colour “{name}”. There are: {', '.join(names.values())}.")
