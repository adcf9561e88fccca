import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import LazySettings

if TYPE_CHECKING:
    from printers.emulator import EmulatedPrinter
    from printers.models import Printer
    from tests.faults.site import Site

# A broker or a database that is away for some seconds is told of by every process, not without end.
MOST_ERRORS_A_MINUTE = 200


@pytest.fixture(autouse=True)
def _own_folder(settings: LazySettings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("jobs.doorbell.ring", "jobs.sweep.ring"):
        monkeypatch.setattr(name, lambda _: None)


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


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Site]":
    from tests.faults.site import deployed

    with deployed(tmp_path_factory.mktemp("site"), on_small_disk=True) as made:
        yield made


@pytest.fixture
def site(running: "Site") -> "Iterator[Site]":
    """Two workers that live, and nothing left over; its logs have no other errors than the test expects (I7)."""
    while len([each for each in running.workers if each.runs]) < 2:
        running.start_worker()
    running.settle()
    running.expects = "nothing"
    before, begun = {name: len(lines) for name, lines in running.errors().items()}, time.monotonic()
    yield running
    said = [line for name, lines in running.errors().items() for line in lines[before.get(name, 0) :]]
    assert [line for line in said if not re.search(running.expects, line)] == []
    assert len(said) < MOST_ERRORS_A_MINUTE * max(1, (time.monotonic() - begun) / 60)
