"""Why a printer cannot be reached, step by step as far as one leads to the next, each with what helps.

Nothing is sent to the printing port before the device said by SNMP that it is a label printer, unless a person
insists: some other device may take whatever comes there for a print.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from printers import transport
from printers.cards import printer_card
from printers.errors import AddressRefused, HubError, TransportError
from printers.media import Model, find_model
from printers.models import Printer
from printers.networks import HostUnknown, check_address, is_literal
from printers.snmp import Answer, read
from printers.status import Reading, merge, row_from, target_of
from printers.status.reading import same_model

ASK_S, CONNECT_S = 1.5, 3.0
# Nobody else may print while the port is tried; gives False where somebody does.
Turn = Callable[[], AbstractContextManager[bool]]


@dataclass(frozen=True, slots=True)
class Step:
    """`tone` is ok, warn, error, or off for what was not tried; `fix` is a sentence, empty where nothing is wrong."""

    title: str
    text: str
    tone: str
    fix: str = ""

    @property
    def symbol(self) -> str:
        return f"s-{self.tone}"

    @property
    def word(self) -> str:
        return {"ok": _("well"), "warn": _("needs attention"), "error": _("not well"), "off": _("not known")}[self.tone]


def examine(printer: Printer, turn: Turn, *, insist: bool = False) -> list[Step]:
    """Name, network, SNMP, model, mode and printing port; takes some seconds where nobody answers."""
    name, address = _name(printer)
    steps = [name]
    if not address:
        return steps
    answer = read(target_of(printer), ASK_S)
    if answer.problem == "timeout":
        # The first packet may only have woken it.
        answer = read(target_of(printer), ASK_S)
    reading = merge(answer, printer.model) if answer.ok else None
    steps += [
        _network(answer, address),
        _snmp(printer, answer),
        _model(printer, reading),
        _mode(printer, answer, reading),
    ]
    return [*steps, _port(printer, answer, reading, turn, insist=insist)]


def _name(printer: Printer) -> tuple[Step, str]:
    title = _("Address")
    try:
        address, _port = check_address(printer.host, printer.port)
    except HostUnknown as error:
        fix = _("Correct the name in the printer's settings here, or enter its IP address.")
        return Step(title, error.detail, "error", fix), ""
    except AddressRefused as error:
        return Step(
            title, error.detail, "error", _("Change the address or the port in the printer's settings here.")
        ), ""
    if is_literal(printer.host):
        return Step(title, address, "ok"), address
    return Step(title, _("%(name)s is %(address)s.") % {"name": printer.host, "address": address}, "ok"), address


def _network(answer: Answer, address: str) -> Step:
    title = _("Network")
    if answer.problem == "unreachable":
        fix = _("Check that the printer has this address, and that this machine is in the same network.")
        return Step(title, answer.error, "error", fix)
    if answer.problem == "timeout":
        text = _("Nothing came back from %(address)s.") % {"address": address}
        fix = _("Switch the printer on, wake it with a key, and check its cable or Wi-Fi.")
        return Step(title, text, "error", fix)
    return Step(title, _("A device at %(address)s answers.") % {"address": address}, "ok")


def _snmp(printer: Printer, answer: Answer) -> Step:
    if answer.ok:
        text = _("It answers by SNMP version %(version)s on port %(port)s.")
        return Step("SNMP", text % {"version": answer.version, "port": printer.snmp_port}, "ok")
    fixes = {
        "timeout": _("Switch SNMP on in the printer's web page, Network > Protocol > SNMP."),
        "refused": _("Switch SNMP on in the printer's web page, Network > Protocol > SNMP."),
        "wrong-community": _("Enter the printer's community name under “Change”."),
        "not-a-printer": _("Correct the address under “Change”: another device is there."),
    }
    text = answer.error
    if answer.problem in {"timeout", "refused"}:
        text = _("No answer by SNMP on port %(port)s.") % {"port": printer.snmp_port}
    return Step(
        "SNMP", text, "error", fixes.get(answer.problem, _("Check the address, and switch the printer off and on."))
    )


def _model(printer: Printer, reading: Reading | None) -> Step:
    title = _("Model")
    if reading is None or not reading.model_seen:
        return Step(
            title, _("It did not say what it is; the hub has it as %(model)s.") % {"model": printer.model}, "off"
        )
    if same_model(reading.model_seen, printer.model):
        return Step(title, _("It is a %(model)s, as the hub has it.") % {"model": reading.model_seen}, "ok")
    text = _("It says that it is a %(seen)s; the hub has it as %(model)s.")
    fix = _("Choose its model under “Change”, or correct the address.")
    return Step(title, text % {"seen": reading.model_seen, "model": printer.model}, "error", fix)


def _mode(printer: Printer, answer: Answer, reading: Reading | None) -> Step:
    title = _("Mode")
    if (model := _known(printer.model)) is None:
        return Step(title, _("No driver is known for this model."), "error", _("Choose its model under “Change”."))
    if reading is not None and not reading.ready:
        text, fix = _words(printer, answer)
        return Step(title, text, "warn", fix or _("Look at the printer."))
    if model.mode_command:
        return Step(title, _("Raster: the hub switches it to this mode with every label."), "ok")
    return Step(title, _("Raster: this model knows no other mode."), "ok")


def _port(printer: Printer, answer: Answer, reading: Reading | None, turn: Turn, *, insist: bool) -> Step:
    title = _("Printing port %(port)s") % {"port": printer.port}
    if not answer.ok and not insist:
        text = _("Not tried: it did not say by SNMP that it is a label printer.")
        return Step(title, text, "off", _("Put the above right first, or try the port all the same."))
    if reading is not None and reading.printing:
        return Step(title, _("Not tried: it is printing now."), "off")
    with turn() as mine:
        if not mine:
            return Step(title, _("Not tried: the hub prints on it now."), "off")
        try:
            transport.connect(printer.host, printer.port, deadline=time.monotonic() + CONNECT_S).close()
        except TransportError as error:
            fix = _("Switch raw printing (port 9100) on in the printer's web page, Network > Protocol.")
            return Step(title, error.detail, "error", fix)
    return Step(title, _("It takes a connection. Nothing was sent."), "ok")


def _words(printer: Printer, answer: Answer) -> tuple[str, str]:
    """Its trouble and what helps, as its card would say it."""
    seen = Printer(model=printer.model, host=printer.host)
    seen.status = row_from(seen, None, answer, timezone.now())
    words = printer_card(seen).words
    return words.text, words.action


def _known(name: str) -> Model | None:
    try:
        return find_model(name)
    except HubError:
        return None
