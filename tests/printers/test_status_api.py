"""`GET /api/printers/{id}/status` answers from the row, whatever the device does."""

import socket
from datetime import timedelta
from statistics import median
from time import perf_counter
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from printers import status
from printers.emulator import EmulatedPrinter
from printers.models import Printer, PrinterStatus, Site
from tests.api import script

pytestmark = pytest.mark.django_db

SHAPE = {
    "printer_id", "online", "state", "reasons", "tape_loaded", "media", "error_state", "captured_at",
    "last_probe_age_s", "last_error", "note", "source",
}  # fmt: skip


@pytest.fixture
def device() -> Any:
    with EmulatedPrinter("PT-P750W", "tze:12", speed=0) as running:
        yield running


@pytest.fixture
def printer(device: EmulatedPrinter, settings: LazySettings) -> Printer:
    settings.DEMO = True
    return Printer.objects.create(
        site=Site.objects.create(key="lab"),
        name="desk",
        model="PT-P750W",
        host="127.0.0.1",
        port=device.port,
        snmp_port=device.snmp_port,
    )


def ask(printer: Printer) -> dict[str, Any]:
    response = script("read").was_used().get(f"/api/printers/{printer.id}/status")
    assert response.status_code == 200
    return dict(response.json())


def test_it_works(printer: Printer) -> None:
    status.refresh(printer)
    body = ask(printer)
    assert body.keys() >= SHAPE
    assert (body["online"], body["state"], body["reasons"]) == (True, "idle", [])
    assert (body["tape_loaded"], body["error_state"], body["last_error"]) == ("12mm", None, None)
    assert body["media"] == {
        "width_mm": 12.0, "length_mm": 0.0, "type": "laminated", "tape_color": "white", "text_color": "black",
    }  # fmt: skip
    assert (body["source"], body["captured_at"][-1]) == ("status-block", "Z")


def test_errors_are_a_list_that_people_read(printer: Printer, device: EmulatedPrinter) -> None:
    device.set_fault("cover-open")
    status.refresh(printer)
    body = ask(printer)
    assert (body["state"], body["reasons"], body["error_state"]) == ("stopped", ["cover-open"], ["cover open"])
    assert (body["tape_loaded"], body["media"]) == (None, None)


def test_a_printer_that_is_off_keeps_what_it_said_and_when(printer: Printer, device: EmulatedPrinter) -> None:
    status.refresh(printer)
    seen = timezone.now() - timedelta(minutes=3)
    PrinterStatus.objects.update(last_seen_at=seen, captured_at=seen)
    device.set_fault("off")
    status.refresh(printer, timeout_s=0.1)
    body = ask(printer)
    assert (body["online"], body["state"], body["reasons"]) == (False, "stopped", ["offline"])
    assert (body["tape_loaded"], body["stale"]) == ("12mm", True)
    assert body["last_seen_at"] < body["captured_at"]
    assert body["last_probe_age_s"] < 60
    assert "did not answer" in body["last_error"]


def test_never_asked(printer: Printer) -> None:
    due = timezone.now().replace(microsecond=0) + timedelta(seconds=25)
    PrinterStatus.objects.create(printer=printer, next_probe_at=due)
    body = ask(printer)
    assert (body["online"], body["captured_at"], body["last_probe_age_s"]) == (None, None, None)
    assert body["note"] == f"It was not asked yet; the first probe is due at {due:%Y-%m-%dT%H:%M:%S}Z."


def test_no_socket_is_opened(printer: Printer, device: EmulatedPrinter, monkeypatch: pytest.MonkeyPatch) -> None:
    status.refresh(printer)
    caller = script("read").was_used()

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a socket was used")

    with monkeypatch.context() as without:
        for name in ("connect", "connect_ex", "sendto", "bind"):
            without.setattr(socket.socket, name, forbidden, raising=False)
        assert caller.get(f"/api/printers/{printer.id}/status").status_code == 200
        with pytest.raises(AssertionError, match="a socket was used"):
            status.refresh(printer)


def test_it_takes_as_long_with_the_printer_off(printer: Printer, device: EmulatedPrinter) -> None:
    def milliseconds() -> float:
        taken = []
        for _ in range(15):
            begun = perf_counter()
            assert caller.get(f"/api/printers/{printer.id}/status").status_code == 200
            taken.append((perf_counter() - begun) * 1000)
        return median(taken)

    status.refresh(printer)
    caller = script("read").was_used()
    on = milliseconds()
    device.set_fault("unreachable")
    assert milliseconds() < 2 * on + 5
