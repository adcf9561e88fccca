"""One answer of a device, its sources merged by trust: status block, then Printer-MIB, then IEEE-1284 id."""

import re
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from typing import Any

from printers.brother_status import IN_USE, WEAK_BATTERIES, Block, parse_block
from printers.errors import UnknownModel
from printers.media import Medium, Model, find_model, medium_from_status
from printers.snmp import Answer
from printers.status.conditions import detected_conditions

BLOCK, PRINTER_MIB, DEVICE_ID = "status-block", "printer-mib", "ieee-1284"
# RFC 2790 hrPrinterStatus
PRINTING = 4
# What a device says without being stopped by it: (bit of error information 1, reason).
SOFT = ((WEAK_BATTERIES, "other-warning"), (IN_USE, "other-report"))

WIDEST_MM = 250.0
LONGEST_MM = 2000.0
MEDIA_NAME = re.compile(
    r"(?P<width>\d{1,4}(?:[.,]\d{1,2})?)\s*(?:mm)?\s*[x×]\s*(?P<length>\d{1,4}(?:[.,]\d{1,2})?)\s*mm"
    r"|(?P<only>\d{1,4}(?:[.,]\d{1,2})?)\s*mm",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """`state` and `reasons` are the device's own, in IPP's words; `sources` says for each fact who told it.

    Sizes are None where nothing could tell: with the cover open a device reports no media, whatever lies in it.
    """

    state: str = "idle"
    reasons: tuple[str, ...] = ()
    error_state: tuple[str, ...] = ()
    printing: bool = False
    width_mm: float | None = None
    length_mm: float | None = None
    media_type: str = ""
    tape_color: str = ""
    text_color: str = ""
    medium: Medium | None = None
    model_seen: str = ""
    display: str = ""
    block: bytes | None = None
    source: str = ""
    sources: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    life_count: int | None = None

    @property
    def ready(self) -> bool:
        return self.state != "stopped"


def merge(answer: Answer, configured: str = "") -> Reading:
    """`configured` is the model that the hub has for it, used where the device does not say its own."""
    # What a printer says from label to label is the same but for this counter.
    told = _merged_before(answer._replace(life_count=None), configured)
    return Reading(*(*told, answer.life_count))


@lru_cache(maxsize=1024)
def _merged_before(answer: Answer, configured: str) -> tuple[Any, ...]:
    """The fields of the reading, without the counter that is the last of them."""
    reading = _merged(answer, configured)
    return tuple(getattr(reading, each.name) for each in fields(Reading))[:-1]


def _merged(answer: Answer, configured: str) -> Reading:
    block = None if answer.block is None else parse_block(answer.block)
    seen, seen_by = _model_seen(answer, block)
    model = _known(seen) or _known(configured)
    reading = Reading(
        model_seen="" if not seen else (model.name if model and _known(seen) else seen)[:64],
        display=answer.display,
        block=answer.block,
        notes=answer.notes,
    )
    sources = {"model": seen_by} if seen_by else {}
    reading = _with_state(reading, answer, block, sources)
    reading = _with_media(reading, answer, block, model, sources)
    source = next((s for s in (BLOCK, PRINTER_MIB, DEVICE_ID) if s in sources.values()), PRINTER_MIB)
    return replace(reading, source=source, sources=sources, notes=(*reading.notes, *_doubts(answer, seen, configured)))


def size_in(media_name: str) -> tuple[float, float] | None:
    """(width, length) in millimetres, length 0 for a roll: `12mm(0.47")`, `62mm`, `29mm x 90mm`, `3.5mm`."""
    found = MEDIA_NAME.search(media_name)
    if found is None:
        return None
    width = float((found["width"] or found["only"]).replace(",", "."))
    length = float((found["length"] or "0").replace(",", "."))
    return (width, length) if 0 < width <= WIDEST_MM and length <= LONGEST_MM else None


def same_model(one: str, other: str) -> bool:
    """Whether both name one model, also where one of them is an alias."""
    first, second = _known(one), _known(other)
    if first is None or second is None:
        return one.strip().lower() == other.strip().lower()
    return first.key == second.key


def _with_state(reading: Reading, answer: Answer, block: Block | None, sources: dict[str, str]) -> Reading:
    printing = answer.printer_status == PRINTING
    if answer.printer_status is not None:
        sources["printing"] = PRINTER_MIB
    names: tuple[str, ...] = ()
    hard: tuple[str, ...] = ()
    soft: tuple[str, ...] = ()
    if block is not None:
        # Either source may be the only one that shows a printing phase; idle takes both.
        printing = printing or block.printing
        sources["printing"] = BLOCK if block.printing or answer.printer_status is None else sources["printing"]
        sources["errors"] = BLOCK
        names = block.error_names
        soft = tuple(reason for bit, reason in SOFT if block.error1 & bit)
        others = replace(block, error1=block.error1 & ~(WEAK_BATTERIES | IN_USE))
        hard = () if soft and not (others.error1 or others.error2) else others.reasons
    elif answer.detected_errors is not None:
        sources["errors"] = PRINTER_MIB
        found = detected_conditions(answer.detected_errors)
        names = tuple(condition.name for condition in found)
        hard = tuple(condition.reason for condition in found if condition.stops)
        soft = tuple(condition.reason for condition in found if not condition.stops)
    state = "stopped" if hard else "processing" if printing else "idle"
    reasons = tuple(dict.fromkeys((*hard, *soft)))
    return replace(reading, state=state, reasons=reasons, error_state=names, printing=printing)


def _with_media(
    reading: Reading, answer: Answer, block: Block | None, model: Model | None, sources: dict[str, str]
) -> Reading:
    width: float | None = None
    length: float | None = None
    kind = tape = text = ""
    if block is not None and block.media_known:
        sources["media"] = BLOCK
        width, length, kind = block.media_width_mm, block.media_length_mm, block.media_type
        tape, text = block.tape_color, block.text_color
    elif reading.state != "stopped" or block is None:
        # A block that knows no media although nothing is wrong leaves it to the text.
        hidden = {"cover-open", "media-empty"} & set(reading.reasons)
        named = None if hidden else size_in(answer.media_name)
        if named is not None:
            sources["media"] = PRINTER_MIB
            width, length = named
        elif answer.media_across_mm is not None and not hidden:
            sources["media"] = PRINTER_MIB
            width, length = answer.media_across_mm, answer.media_feed_mm or 0.0
    medium = None
    if model is not None and width is not None:
        medium = medium_from_status(model, width, length, kind, tape, text)
    if medium is not None and not kind:
        # Text has no kind and block none of the fractions; the table has both.
        kind = "die-cut" if medium.length_mm else "continuous" if medium.kind == "dk" else ""
    return replace(
        reading,
        width_mm=width,
        length_mm=length,
        media_type=kind,
        tape_color=tape,
        text_color=text,
        medium=medium,
    )


def _model_seen(answer: Answer, block: Block | None) -> tuple[str, str]:
    """Names before the block's code: several models share one."""
    named = [
        (_field(answer.device_id, "MDL") or _field(answer.device_id, "MODEL"), DEVICE_ID),
        (answer.device_descr, PRINTER_MIB),
        (answer.sys_descr, PRINTER_MIB),
    ]
    for name, source in named:
        if name and _known(name):
            return name, source
    if block is not None and block.model_key:
        return block.model_key, BLOCK
    return next(((name, source) for name, source in named[:2] if name), ("", ""))


def _field(device_id: str, name: str) -> str:
    """A field of an IEEE-1284 id, `MFG:Brother;CMD:PJL;MDL:PT-P750W;`."""
    for part in device_id.split(";"):
        key, _, value = part.partition(":")
        if key.strip().upper() == name:
            return value.strip()
    return ""


@lru_cache(maxsize=1024)
def _known(name: str) -> Model | None:
    if not name or len(name) > 64:
        return None
    try:
        return find_model(name)
    except UnknownModel:
        return None


def _doubts(answer: Answer, seen: str, configured: str) -> list[str]:
    doubts = []
    if seen and configured and not same_model(seen, configured):
        doubts.append(
            f"The device says that it is a {_shown(seen)}, but the hub has it as {_shown(configured)}. "
            "Correct the model or the address."
        )
    if answer.block is None and answer.detected_errors is None and answer.printer_status is None:
        doubts.append("It tells who it is, but neither its state nor its media.")
    return doubts


def _shown(model: str) -> str:
    known = _known(model)
    return known.name if known else model
