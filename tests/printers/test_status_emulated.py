"""The whole way from a device's answer to the row, against emulated printers."""

import time
from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from printers import status
from printers.emulator import EmulatedPrinter
from printers.models import Printer, Site
from printers.status import merge
from printers.transport import connect

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _demo(settings: LazySettings) -> None:
    settings.DEMO = True


@pytest.fixture
def device() -> Iterator[EmulatedPrinter]:
    with EmulatedPrinter("pt-p750w", "tze:12", speed=0) as device:
        yield device


def _configured(device: EmulatedPrinter) -> Printer:
    site = Site.objects.create(key="main")
    return Printer.objects.create(
        site=site,
        name="labels",
        model=device.model.name,
        host="127.0.0.1",
        port=device.port,
        snmp_port=device.snmp_port,
    )


@pytest.mark.parametrize(
    ("model", "medium"),
    [
        ("pt-p750w", "tze:3.5"),
        ("pt-e550w", "hse:5.8"),
        ("pt-p900w", "tze:36"),
        ("ql-820nwb", "dk:62"),
        ("ql-820nwb", "dk:62red"),
        ("ql-820nwb", "dk:29x90"),
        ("ql-820nwb", "dk:d24"),
        ("ql-1110nwb", "dk:103x164"),
    ],
)
def test_model_and_medium_come_through(model: str, medium: str) -> None:
    with EmulatedPrinter(model, medium, speed=0) as device:
        printer = _configured(device)
        row = status.refresh(printer)
    loaded = status.loaded_medium(printer, row)
    assert loaded is not None
    assert loaded.key == medium
    assert (row.model_seen, row.state, row.note) == (device.model.name, "idle", "")


@pytest.mark.parametrize(
    ("fault", "reasons", "loaded"),
    [
        ("cover-open", ["cover-open"], None),
        ("no-media", ["media-empty"], None),
        ("jam", ["media-jam"], "tze:12"),
        ("wrong-media", [], "tze:24"),
    ],
)
def test_faults_come_and_go(device: EmulatedPrinter, fault: str, reasons: list[str], loaded: str | None) -> None:
    printer = _configured(device)
    device.set_fault(fault)
    row = status.refresh(printer)
    medium = status.loaded_medium(printer, row)
    assert (status.printer_state(printer, row)[1], medium.key if medium else None) == (reasons, loaded)
    device.clear_fault()
    row = status.refresh(printer)
    assert (status.printer_state(printer, row), row.media_key) == (("idle", []), "tze:12")


@pytest.mark.parametrize("fault", ["off", "snmp-off", "unreachable", "snmp-garbage=random", "snmp-garbage=spoofed"])
def test_without_a_true_answer_the_last_one_stays(device: EmulatedPrinter, fault: str) -> None:
    printer = _configured(device)
    status.refresh(printer)
    device.set_fault(fault)
    row = status.refresh(printer, 0.3)
    assert (row.online, row.media_key) == (False, "tze:12")
    assert row.last_error


@pytest.mark.parametrize("kind", ["truncated", "huge", "spoofed", "random", "short", "hostile"])
def test_no_kind_of_garbage_is_taken_for_an_answer(device: EmulatedPrinter, kind: str) -> None:
    printer = _configured(device)
    device.set_fault(f"snmp-garbage={kind}")
    for _ in range(3):
        row = status.refresh(printer, 0.2)
        assert row.media_key in {"", "tze:12"}
        assert len(row.display) <= 120


def test_printing_is_seen_and_ends() -> None:
    with EmulatedPrinter("pt-p750w", "tze:12", speed=1, min_phase_s=0.6) as device:
        printer = _configured(device)
        one_line = b"\0" * 100 + b"\x1b@\x1bia\x01\x1bi!\0\x1biz\x84\0\x0c\0" + (40).to_bytes(4, "little") + b"\0\0"
        job = one_line + b"\x1biM\x40\x1biK\x08\x1bid\x0e\0M\x02" + b"Z" * 40 + b"\x1a"
        with connect("127.0.0.1", device.port, deadline=time.monotonic() + 5) as wire:
            wire.send(job)
            wire.finish(drain_s=0)
        states: list[str] = []
        until = time.monotonic() + 5
        while states[-1:] != ["idle"] or "processing" not in states:
            assert time.monotonic() < until, states
            states.append(merge(status.quick_answer(printer), printer.model).state)
            time.sleep(0.05)
        assert set(states) == {"idle", "processing"}
