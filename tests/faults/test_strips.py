"""Workers that are killed in the middle of a strip: the confirmed count is exact, and the rest goes on by itself."""

import signal
from collections.abc import Iterator

import pytest

from jobs.dispatch import drain
from jobs.models import Job, Outcome, PrinterLease, State
from printers.emulator import EmulatedPrinter
from printers.models import Printer
from tests.faults.invariants import check_invariants
from tests.faults.workers import Worker
from tests.jobs.labels import ask, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]

WORDS = ("one", "two", "three", "four", "five")
# A first label is believed when the printer has rested for so long.
SOON: dict[str, float] = {"jobs.dispatch.evidence.AT_REST_MS": 200}


@pytest.fixture
def device() -> Iterator[EmulatedPrinter]:
    # It still prints when it is looked at for the first time.
    with EmulatedPrinter("PT-P750W", "tze:12", speed=0, min_phase_s=0.3) as running:
        yield running


def ends() -> list[tuple[str, str | None]]:
    return list(Job.objects.order_by("position").values_list("state", "outcome"))


def came_out(device: EmulatedPrinter) -> list[str]:
    """The dots of every label that is not blank."""
    return [each.raster.sha256 for each in device.labels if each.raster.black.getextrema() != (255, 255)]


CONFIRMED = (State.COMPLETED, Outcome.CONFIRMED)
UNKNOWN = (State.STOPPED, Outcome.UNKNOWN)
WAITING = (State.PENDING, None)


@pytest.mark.parametrize(
    ("failpoint", "known", "ended"),
    [
        # It was made ready while the printer had the second, of which nobody had seen that the printer has all of it.
        # Not a byte of the third had left: it goes on by itself.
        ("claimed", 1, (UNKNOWN, CONFIRMED, CONFIRMED)),
        ("rendered", 1, (UNKNOWN, CONFIRMED, CONFIRMED)),
        # The printer has the second, and its counter tells.
        ("before-barrier", 1, (CONFIRMED, CONFIRMED, CONFIRMED)),
        # Behind the barrier nobody knows, and nobody sends it again.
        ("after-barrier", 2, (CONFIRMED, UNKNOWN, CONFIRMED)),
        ("sent", 2, (CONFIRMED, UNKNOWN, CONFIRMED)),
        ("acked", 2, (CONFIRMED, CONFIRMED, CONFIRMED)),
        ("evidence", 2, (CONFIRMED, CONFIRMED, CONFIRMED)),
        # The fourth began with the end of the third.
        ("reported", 3, (CONFIRMED, CONFIRMED, UNKNOWN)),
    ],
)
def test_killed_at_the_third(
    printer: Printer, device: EmulatedPrinter, failpoint: str, known: int, ended: tuple[tuple[str, str], ...]
) -> None:
    ask(printer, *WORDS)
    with Worker(f"{failpoint}=kill@3", SOON) as worker:
        assert worker.wait(90) == -signal.SIGKILL
    assert [each == CONFIRMED for each in ends()] == [True] * known + [False] * (5 - known)
    assert ends()[4] == WAITING
    assert PrinterLease.objects.get().open_strip == "tze:12"
    device.wait_for_labels(3 if failpoint in {"sent", "acked", "evidence", "reported"} else 2)
    before = len(device.labels)

    drain(printer.pk)
    wait_for(lambda: not Job.objects.filter(state=State.PENDING).exists(), "the rest of the batch")
    assert ends() == [CONFIRMED, *ended, CONFIRMED]
    # What was left of the strip in the printer was cut off before the next one began.
    assert [device.labels[before].cut, device.labels[-1].cut] == ["full", "full"]
    assert device.labels[before].raster.black.getextrema() == (255, 255)
    assert PrinterLease.objects.get().open_strip == ""
    printed = came_out(device)
    expected = 4 if failpoint in {"after-barrier", "reported"} else 5
    assert (len(printed), len(set(printed))) == (expected, expected)
    assert device.mishaps == []
    check_invariants([device])
