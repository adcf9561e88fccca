"""The connection doctor: what it finds, and what it leaves alone."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from jobs.lease import acquire
from printers import doctor
from printers.emulator import EmulatedPrinter
from printers.models import Event, Printer
from printers.snmp import Answer
from tests.pages.rows import make_printer
from tests.pages.test_roles import person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _impatient(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DEMO = True
    monkeypatch.setattr(doctor, "ASK_S", 0.2)


@pytest.fixture
def device() -> Iterator[EmulatedPrinter]:
    with EmulatedPrinter("PT-P750W", "tze:12", speed=0) as running:
        yield running


@pytest.fixture
def client() -> Client:
    return person("printer")


class Port:
    """A printing port that somebody else has, and whether anybody came."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(0.05)
        self.number = self.socket.getsockname()[1]

    def was_connected(self) -> bool:
        try:
            self.socket.accept()[0].close()
        except TimeoutError:
            return False
        return True


@pytest.fixture
def port() -> Iterator[Port]:
    one = Port()
    yield one
    one.socket.close()


def on(device: EmulatedPrinter, **values: Any) -> Printer:
    return make_printer(host="127.0.0.1", port=device.port, snmp_port=device.snmp_port, **values)


def look(client: Client, printer: Printer, **more: str) -> dict[str, str]:
    """The tone of each step."""
    answer = client.post(f"/printers/{printer.id}/doctor", more)
    assert answer.status_code == 200
    return {step.title.split()[0]: step.tone for step in answer.context["steps"]}


ALL_WELL = {"Address": "ok", "Network": "ok", "SNMP": "ok", "Model": "ok", "Mode": "ok", "Printing": "ok"}


def test_it_works(client: Client, device: EmulatedPrinter) -> None:
    printer = on(device)
    page = client.get(f"/printers/{printer.id}/doctor")
    assert page.context["steps"] is None
    assert look(client, printer) == ALL_WELL
    assert device.labels == []
    # The turn is given back.
    assert acquire(printer.id) is not None


def test_looking_at_the_page_asks_nobody(client: Client, port: Port) -> None:
    printer = make_printer(host="127.0.0.1", port=port.number, snmp_port=port.number)
    assert client.get(f"/printers/{printer.id}/doctor").status_code == 200
    assert not port.was_connected()


def test_the_port_is_left_alone_while_nobody_says_what_is_there(client: Client, port: Port) -> None:
    printer = make_printer(host="127.0.0.1", port=port.number, snmp_port=port.number)
    assert look(client, printer) == {
        "Address": "ok", "Network": "ok", "SNMP": "error", "Model": "off", "Mode": "ok", "Printing": "off",
    }  # fmt: skip
    assert not port.was_connected()
    assert look(client, printer, insist="1")["Printing"] == "ok"
    assert port.was_connected()


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        (Answer(problem="timeout", error="no"), ["Network", "SNMP"]),
        (Answer(problem="unreachable", error="no way"), ["Network", "SNMP"]),
        (Answer(problem="wrong-community", error="no"), ["SNMP"]),
        (Answer(problem="not-a-printer", error="a toaster"), ["SNMP"]),
        (Answer(device_id="MFG:Brother;MDL:QL-820NWB;CMD:PT-CBP;", printer_status=3), ["Model"]),
    ],
)
def test_each_has_what_helps(
    client: Client, port: Port, monkeypatch: pytest.MonkeyPatch, answer: Answer, wrong: list[str]
) -> None:
    monkeypatch.setattr(doctor, "read", lambda *_: answer)
    printer = make_printer(host="127.0.0.1", port=port.number)
    said = client.post(f"/printers/{printer.id}/doctor").context["steps"]
    assert [step.title for step in said if step.tone == "error"] == wrong
    assert all(step.fix.endswith(".") for step in said if step.tone == "error")
    assert port.was_connected() is answer.ok


def test_a_printer_that_needs_somebody(client: Client, device: EmulatedPrinter) -> None:
    device.set_fault("cover-open")
    answer = client.post(f"/printers/{on(device).id}/doctor")
    (mode,) = [step for step in answer.context["steps"] if step.title == "Mode"]
    assert (mode.text, mode.fix, mode.tone) == ("Cover open", "Close the cover.", "warn")


def test_an_address_that_no_printer_may_have(client: Client, settings: Any, port: Port) -> None:
    settings.DEMO = False
    assert look(client, make_printer(host="127.0.0.1", port=port.number), insist="1") == {"Address": "error"}
    assert not port.was_connected()


def test_while_the_hub_prints_the_port_is_left_alone(client: Client, device: EmulatedPrinter) -> None:
    printer = on(device)
    lease = acquire(printer.id)
    assert lease is not None
    assert look(client, printer) == ALL_WELL | {"Printing": "off"}
    assert lease.renew()


def test_nothing_is_changed(client: Client, device: EmulatedPrinter) -> None:
    printer = on(device)
    before = Printer.objects.values().get()
    look(client, printer)
    assert Printer.objects.values().get() == before
    assert not Event.objects.exists()


def test_others_may_not(device: EmulatedPrinter) -> None:
    printer = on(device)
    assert person("viewer").post(f"/printers/{printer.id}/doctor").status_code == 403
