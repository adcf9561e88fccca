import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from printers.errors import UnknownModel
from printers.identity import derive_printer_id
from printers.instants import rfc3339
from printers.media import find_model
from printers.models import Printer, PrinterStatus
from printers.snmp import Answer, Target, read
from printers.status import loaded_medium, printer_state, row_from, status_view
from printers.words import describe_printer

TIMEOUT_S = 2.0
EDITOR_LITE = (
    "A P-touch whose “Editor Lite” lamp is lit is a USB drive and nothing else: "
    "hold that button until the lamp goes out."
)
LABELS = {
    "model": "model",
    "state": "state",
    "tape": "tape",
    "colours": "colours",
    "error_state": "errors",
    "display": "display",
    "life_count": "label counter",
    "source": "known from",
    "note": "note",
}


class Command(BaseCommand):
    help = "Ask a device by SNMP, and say what the hub would see of it, what that means, and what to do."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("host", help="host name or address of the printer")
        parser.add_argument("--snmp-port", type=int, default=161, help="UDP port (161)")
        parser.add_argument("--community", default="public", help="SNMP community (public)")
        parser.add_argument("--timeout", type=float, default=TIMEOUT_S, help=f"seconds for one packet ({TIMEOUT_S:g})")
        parser.add_argument("--json", action="store_true", dest="as_json", help="the API's status shape, plus `model`")

    def handle(self, *args: Any, **options: Any) -> None:
        host = options["host"].strip()
        if not 0 < options["snmp_port"] < 65536:
            raise CommandError(f"{options['snmp_port']} is no port; SNMP is on 161.")
        if not 0 < options["timeout"] <= 60:
            raise CommandError("--timeout takes seconds, more than 0 and at most 60.")
        # Whoever has this shell may send packets anywhere; the rules for addresses are for the network's callers.
        target = Target(host, options["snmp_port"], options["community"], check=False)
        answer = read(target, options["timeout"])
        if answer.problem == "timeout":
            # The first packet may only have woken it.
            answer = read(target, options["timeout"])
        printer = Printer(host=host, model="", snmp_port=options["snmp_port"])
        status = row_from(printer, None, answer, timezone.now())
        printer.model = status.model_seen
        view = status_view(printer, status) | {"model": status.model_seen or None}
        view["printer_id"] = derive_printer_id(status.model_seen, host, printer.port) if status.model_seen else None
        verdict = _verdict(printer, status, answer)
        if options["as_json"]:
            self.stdout.write(json.dumps(view | {"verdict": verdict}, default=_plain, ensure_ascii=False, indent=2))
        else:
            self.stdout.write("\n".join([*_lines(answer, view), verdict]))
        if not answer.ok:
            raise SystemExit(1)


def _lines(answer: Answer, view: dict[str, Any]) -> list[str]:
    if not answer.ok:
        return []
    media = view["media"] or {}
    facts = {
        **view,
        "tape": ", ".join(str(part) for part in (view["tape_loaded"], media.get("type")) if part) or "not told",
        "colours": " on ".join(str(c) for c in (media.get("text_color"), media.get("tape_color")) if c),
        "error_state": ", ".join(view["error_state"] or []) or "none",
        "source": f"{view['source']}, SNMP v{answer.version}",
    }
    lines = [f"{label:>14}  {facts[name]}" for name, label in LABELS.items() if facts.get(name) not in (None, "")]
    return [*lines, ""]


def _verdict(printer: Printer, status: PrinterStatus, answer: Answer) -> str:
    if not answer.ok:
        return f"{answer.error} {EDITOR_LITE}" if answer.problem in ("timeout", "refused") else answer.error
    model = _model_name(status.model_seen)
    if model is None:
        return (
            f"It answers, and calls itself “{status.model_seen or 'nothing'}”. "
            "LabelHub has no driver for that; check the address."
        )
    state, reasons = printer_state(printer, status)
    medium = loaded_medium(printer, status)
    if state == "idle" and medium is None:
        return (
            f"The {model} is ready, but does not tell what is loaded in a way that is known here. "
            "Set its media in the hub."
        )
    words = describe_printer(printer, status, state, reasons, stale=False)
    loaded = f" Loaded: {medium.title}." if medium is not None and state != "stopped" else ""
    return f"{model}: {words.text}.{loaded}{f' {words.action}' if words.action else ''}"


def _model_name(text: str) -> str | None:
    try:
        return find_model(text).name
    except UnknownModel:
        return None


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(type(value).__name__)
