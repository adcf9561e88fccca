"""What a device says of itself before it is a printer of this hub."""

from dataclasses import dataclass

from django.utils import timezone

from printers.cards import PrinterCard, printer_card
from printers.errors import HubError
from printers.media import Model, find_model
from printers.models import Printer
from printers.networks import check_address, check_snmp_address
from printers.snmp import Answer, Target, read
from printers.status import row_from

TIMEOUT_S = 1.5


@dataclass(frozen=True, slots=True)
class Found:
    """`card` has no site. `model` is None where it did not answer, or calls itself what no driver is for."""

    answer: Answer
    card: PrinterCard
    model: Model | None

    @property
    def called(self) -> str:
        status = self.card.status
        return "" if status is None else status.model_seen


def discover(host: str, port: int, snmp_port: int, community: str) -> Found:
    """Ask by SNMP, for a few seconds at most. Raises AddressRefused for an address that no printer may have."""
    check_address(host, port)
    check_snmp_address(host, snmp_port)
    target = Target(host, snmp_port, community)
    answer = read(target, TIMEOUT_S)
    if answer.problem == "timeout":
        # The first packet may only have woken it.
        answer = read(target, TIMEOUT_S)
    return found_in(answer, host, port, snmp_port)


def found_in(answer: Answer, host: str, port: int, snmp_port: int) -> Found:
    printer = Printer(host=host, port=port, snmp_port=snmp_port, model="")
    status = row_from(printer, None, answer, timezone.now())
    printer.model = status.model_seen
    printer.status = status
    return Found(answer, printer_card(printer), _known(status.model_seen))


def _known(name: str) -> Model | None:
    try:
        return find_model(name) if name else None
    except HubError:
        return None
