from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import LazySettings

if TYPE_CHECKING:
    from jobs.lease import Lease
    from printers.emulator import EmulatedPrinter
    from printers.models import Printer

# Models can be imported only after Django was set up, which is later than this file is read.


@pytest.fixture(autouse=True)
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The printers that were rung for; no broker is asked."""
    heard: list[str] = []
    for name in ("jobs.doorbell.ring", "jobs.sweep.ring"):
        monkeypatch.setattr(name, lambda printer_id: heard.append(str(printer_id)))
    return heard


@pytest.fixture(autouse=True)
def _own_folder(settings: LazySettings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The deadlines of a hub on loopback: nothing is far away, nothing sleeps."""
    monkeypatch.setattr("jobs.dispatch.patience.SEND_SLACK_S", 1.0)
    monkeypatch.setattr("jobs.dispatch.patience.WATCH_SLACK_S", 0.5)
    monkeypatch.setattr("jobs.dispatch.patience.DRAIN_S", 0.6)
    monkeypatch.setattr("jobs.dispatch.patience.CONNECT_S", 0.5)
    monkeypatch.setattr("jobs.dispatch.patience.COOL_DOWN_S", 0.0)
    monkeypatch.setattr("jobs.dispatch.patience.HEAD_FEED_MM", 0.0)
    monkeypatch.setattr("jobs.dispatch.patience.CUT_S", 0.0)
    monkeypatch.setattr("jobs.dispatch.patience.SAFETY", 0.1)
    monkeypatch.setattr("jobs.dispatch.patience.HELD_MS", 300)
    monkeypatch.setattr("jobs.dispatch.evidence.AT_REST_MS", 200)
    monkeypatch.setattr("jobs.dispatch.preflight.PATIENCE_S", 0.2)
    monkeypatch.setattr("jobs.dispatch.preflight.BUSY_LIMIT_S", 1.0)


@pytest.fixture
def device() -> "Iterator[EmulatedPrinter]":
    from printers.emulator import EmulatedPrinter

    with EmulatedPrinter("PT-P750W", "tze:12", speed=0) as running:
        yield running


@pytest.fixture
def printer(device: "EmulatedPrinter") -> "Printer":
    from tests.jobs.labels import make_printer, make_template

    make_template()
    return make_printer(device)


@pytest.fixture
def lease(printer: "Printer") -> "Lease":
    """The turn at the printer."""
    from jobs.lease import acquire

    taken = acquire(printer.pk)
    assert taken is not None
    return taken
