"""Which medium a printer's status speaks of."""

from printers.media.placement import media_for
from printers.media.printer_models import Model
from printers.media.sizes import Kind, Medium

# Words as in printers.brother_status.MEDIA_TYPES; "" where the device gave only a width.
_KINDS: dict[str, tuple[Kind, ...]] = {
    "laminated": ("tze",),
    "non-laminated": ("tze",),
    "heat-shrink 2:1": ("hse2",),
    "heat-shrink 3:1": ("hse3",),
    "continuous": ("dk",),
    "die-cut": ("dk",),
    "": ("tze", "dk"),
}
# Text colour 0x81, as a QL-800 reports with the DK-22251 in it.
BLACK_AND_RED = "black/red"


def medium_from_status(
    model: Model,
    width_mm: float | None,
    length_mm: float | None,
    media_type: str | None,
    tape_color: str | None = "",  # noqa: ARG001 (no two media differ in it)
    text_color: str | None = "",
) -> Medium | None:
    """The medium that a status describes, in millimetres and in the words of printers.brother_status; None if unknown.

    Width and length may be the block's whole millimetres (4 for 3.5 mm tape) or the true ones. Where a status fits two
    media it is the first in table order: a 104 mm wide roll in a QL-1100 is taken for the 103 mm one.
    """
    kinds = _KINDS.get(media_type or "")
    if width_mm is None or kinds is None:
        return None
    two_colour = text_color == BLACK_AND_RED
    found = [
        medium
        for medium in media_for(model)
        if medium.kind in kinds
        and width_mm in (medium.width_mm, medium.width_code)
        and (length_mm or 0) in (medium.length_mm, medium.length_code)
        and not (media_type == "continuous" and medium.length_mm)
        and not (media_type == "die-cut" and not medium.length_mm)
    ]
    return next((medium for medium in found if medium.two_colour == two_colour), found[0] if found else None)
