"""One device's answer, cleaned: everything that it says is hostile text until then."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from printers.brother_status import parse_block
from printers.snmp import oids
from printers.snmp.ber import Value

Problem = Literal["", "address", "timeout", "refused", "unreachable", "wrong-community", "not-a-printer", "garbage"]

LONGEST = 255
DISPLAY_LONGEST = 120
# prtInputDimUnit: 3 = tenths of a thousandth of an inch, 4 = micrometres (RFC 3805)
MM_PER_UNIT = {3: 0.00254, 4: 0.001}

FIXES: dict[str, str] = {
    "timeout": (
        "{where} did not answer by SNMP. It may be switched off or asleep; SNMP may be switched off in it "
        "(its web page, Network > Protocol > SNMP); or its community name is another than the hub's."
    ),
    "refused": (
        "{where} is switched on, but nothing listens for SNMP there. "
        "Switch SNMP on in the printer's web page, Network > Protocol > SNMP."
    ),
    "unreachable": "{where} cannot be reached: {what}. Check the address and the printer's network connection.",
    "wrong-community": (
        "{where} answers to the SNMP community “public”, but not to the one that the hub has. "
        "Enter the printer's community name in the hub, or change it in the printer's web page."
    ),
    "not-a-printer": ("{where} answers, but it is not a label printer: it calls itself “{what}”. Check the address."),
    "garbage": (
        "{where} answers by SNMP with something that nobody can read. Check that this is the printer's address; "
        "switching the printer off and on, or a newer firmware, may help."
    ),
}


@dataclass(frozen=True, slots=True)
class Target:
    """Whom to ask. `check` applies the rules of printers.networks; only the command line goes without."""

    host: str
    port: int = 161
    community: str = field(default="public", repr=False)
    check: bool = True


class Answer(NamedTuple):
    """What was heard, each source by itself; None or empty where it said nothing.

    `problem` is empty when a printer spoke, else `error` is a sentence with the fix. `notes` are oddities that do
    not hide the rest. `complete` is False after a quick read: what was not asked for is empty then.
    `media_across_mm` and `media_feed_mm` are asked for only where block and text have no width.
    """

    problem: Problem = ""
    error: str = ""
    block: bytes | None = None
    device_id: str = ""
    device_descr: str = ""
    sys_descr: str = ""
    sys_name: str = ""
    printer_status: int | None = None
    detected_errors: bytes | None = None
    media_name: str = ""
    media_across_mm: float | None = None
    media_feed_mm: float | None = None
    display: str = ""
    life_count: int | None = None
    version: str = ""
    complete: bool = True
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.problem


def failed(problem: Problem, where: str, what: str = "") -> Answer:
    return Answer(problem=problem, error=FIXES[problem].format(where=where, what=what))


def refused_address(sentence: str) -> Answer:
    return Answer(problem="address", error=sentence)


def answer_from(values: Mapping[str, Value], where: str, *, version: str, complete: bool = True) -> Answer:
    """The answer that these values make; they were asked for, so each has the OID that it says."""
    block, notes = _block(values.get(oids.STATUS_BLOCK))
    detected = values.get(oids.DETECTED_ERRORS)
    answer = Answer(
        block=block,
        device_id=_text(values.get(oids.DEVICE_ID)),
        device_descr=_text(values.get(oids.DEVICE_DESCR)),
        sys_descr=_text(values.get(oids.SYS_DESCR)),
        sys_name=_text(values.get(oids.SYS_NAME)),
        printer_status=_number(values.get(oids.PRINTER_STATUS), 1, 5),
        detected_errors=detected[:4] if isinstance(detected, bytes) else None,
        media_name=_text(values.get(oids.MEDIA_NAME)),
        display=_text(values.get(oids.DISPLAY))[:DISPLAY_LONGEST],
        life_count=_number(values.get(oids.LIFE_COUNT), 0, 2**63 - 1),
        media_across_mm=_millimetres(values, oids.MEDIA_ACROSS),
        media_feed_mm=_millimetres(values, oids.MEDIA_FEED),
        version=version,
        complete=complete,
        notes=notes,
    )
    speaks = answer.block or answer.device_id or answer.printer_status is not None or answer.media_name
    if notes and not speaks:
        return failed("garbage", where)
    # A quick read does not ask who it is.
    if speaks or not complete:
        return answer
    return failed("not-a-printer", where, answer.sys_descr or answer.device_descr or "nothing")


def clean(text: str) -> str:
    """On one line and without control, format or other invisible characters; at most LONGEST characters."""
    if text.isprintable():
        return " ".join(text.split())[:LONGEST]
    visible = "".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in text[: LONGEST * 4])
    visible = "".join(c for c in visible if unicodedata.category(c)[0] != "C")
    return " ".join(visible.split())[:LONGEST]


def _block(value: Value | None) -> tuple[bytes | None, tuple[str, ...]]:
    if value is None:
        return None, ()
    if not isinstance(value, bytes):
        return None, ("The status block is not a text of bytes; it was ignored.",)
    try:
        return parse_block(value).raw, ()
    except ValueError as e:
        return None, (f"{e} It was ignored.",)


def _text(value: Value | None) -> str:
    return clean(value[: LONGEST * 4].decode("utf-8", errors="replace")) if isinstance(value, bytes) else ""


def _number(value: Value | None, least: int, most: int) -> int | None:
    return value if isinstance(value, int) and least <= value <= most else None


def _millimetres(values: Mapping[str, Value], oid: str) -> float | None:
    """None for the sentinels -1 (other) and -2 (unknown), which Brother's own answers use."""
    size, unit = values.get(oid), values.get(oids.MEDIA_UNIT)
    if not isinstance(size, int) or not isinstance(unit, int) or size <= 0 or unit not in MM_PER_UNIT:
        return None
    return round(size * MM_PER_UNIT[unit], 1)
