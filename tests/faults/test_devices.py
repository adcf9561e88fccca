"""Printers that fail in every way they can, with a real worker process at the other end."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from jobs.models import Job, Outcome, State
from printers.emulator import EmulatedPrinter
from printers.models import Printer
from tests.faults.invariants import check_invariants
from tests.faults.workers import Worker
from tests.jobs.labels import ask, one, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]

LIMIT_S = 60
UNKNOWN = (State.STOPPED, Outcome.UNKNOWN)
CONFIRMED = (State.COMPLETED, Outcome.CONFIRMED)
SENT = (State.COMPLETED, Outcome.SENT)
# The pauses after which a printer is tried again, as far as a test waits for them.
EAGER = {"jobs.dispatch.stopping.LONGEST_PAUSE_S": 1.0, "jobs.dispatch.stopping.RETRY_PAUSE_S": 1.0}


def is_now(job: Job) -> tuple[str, str | None]:
    job.refresh_from_db()
    return job.state, job.outcome


def settles(job: Job) -> Callable[[], bool]:
    return lambda: is_now(job)[0] in {State.STOPPED, State.COMPLETED, State.ABORTED}


@pytest.mark.parametrize(
    ("fault", "ends"),
    [
        pytest.param("hang", {UNKNOWN}, marks=pytest.mark.fault(14)),
        pytest.param("reset=200", {UNKNOWN}, marks=pytest.mark.fault(15)),
        pytest.param("half-close", {UNKNOWN}, marks=pytest.mark.fault(16)),
        pytest.param("zero-window", {UNKNOWN}, marks=pytest.mark.fault(17)),
        pytest.param("slow=20", {UNKNOWN}, marks=pytest.mark.fault(17)),
        pytest.param("snmp-off", {SENT}, marks=pytest.mark.fault(20)),
        pytest.param("snmp-lies", {SENT, CONFIRMED}, marks=pytest.mark.fault(20)),
        pytest.param("snmp-garbage=truncated", {SENT}, marks=pytest.mark.fault(20)),
        pytest.param("snmp-garbage=huge", {SENT}, marks=pytest.mark.fault(20)),
        pytest.param("snmp-garbage=spoofed", {SENT}, marks=pytest.mark.fault(20)),
        pytest.param("snmp-garbage=random", {SENT}, marks=pytest.mark.fault(20)),
        pytest.param("tape-out=20", {UNKNOWN}, marks=pytest.mark.fault(21)),
        pytest.param("power-off", {UNKNOWN}, marks=pytest.mark.fault(22)),
    ],
)
def test_a_label_under_way_ends_as_what_is_known_of_it(
    printer: Printer, device: EmulatedPrinter, fault: str, ends: set[tuple[str, str]]
) -> None:
    device.set_fault(fault)
    job = one(ask(printer, "hello"))
    with Worker(constants=EAGER) as worker:
        wait_for(settles(job), "its end", LIMIT_S)
        assert is_now(job) in ends, (fault, job.state, job.outcome, job.message)
        if fault == "power-off":
            device.clear_fault()
        elif fault.startswith("tape-out"):
            device.load("tze:12")
        device.clear_fault()
        # The queue goes on by itself, and what is unknown stays so.
        other = one(ask(printer, "other"))
        wait_for(settles(other), "the other label", LIMIT_S)
        assert is_now(other) == CONFIRMED, (other.state, other.outcome, other.message)
    assert is_now(job) in ends
    assert worker.errors == []
    check_invariants([device])


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param("refuse", marks=pytest.mark.fault(18)),
        pytest.param("off", marks=pytest.mark.fault(18)),
        pytest.param("unreachable", marks=pytest.mark.fault(18)),
        pytest.param("cover-open", marks=pytest.mark.fault(21)),
        pytest.param("no-media", marks=pytest.mark.fault(21)),
        pytest.param("jam", marks=pytest.mark.fault(21)),
    ],
)
def test_before_the_first_byte_it_waits_and_goes_by_itself(
    printer: Printer, device: EmulatedPrinter, fault: str
) -> None:
    device.set_fault(fault)
    job = one(ask(printer, "hello"))
    with Worker(constants=EAGER) as worker:
        wait_for(lambda: job.attempts.filter(ended_at__isnull=False).exists(), "the first try", LIMIT_S)
        assert is_now(job)[0] in {State.PENDING, State.HELD, State.PROCESSING}
        assert (device.bytes_read, device.labels) == (0, [])
        device.clear_fault()
        if fault == "no-media":
            device.load("tze:12")
        wait_for(settles(job), "its end", LIMIT_S)
    assert is_now(job) == CONFIRMED, (job.state, job.outcome, job.message)
    assert len(device.labels) == 1
    assert worker.errors == []
    check_invariants([device])


@pytest.mark.fault(13)
def test_without_room_for_its_picture_a_label_waits_with_the_reason(
    printer: Printer, device: EmulatedPrinter, settings: Settings
) -> None:
    folder = Path(settings.DATA_DIR) / "artifacts"
    folder.write_text("where the folder should be")
    job = one(ask(printer, "hello"))
    with Worker() as worker:
        wait_for(lambda: is_now(job)[0] == State.HELD, "its wait", LIMIT_S)
        assert str(folder) in job.message
        assert (device.bytes_read, len(worker.errors)) == (0, 1)
        folder.unlink()
        Job.objects.filter(pk=job.pk).update(not_before=job.created_at)
        wait_for(settles(job), "its end", LIMIT_S)
    assert is_now(job) == CONFIRMED
    check_invariants([device])


@pytest.mark.fault(9, 19)
def test_two_workers_at_one_printer_take_turns(printer: Printer, device: EmulatedPrinter) -> None:
    """Each sweeps and rings itself all the time: hundreds of wake-ups for every label."""
    count = 40
    ask(printer, *(f"label {number}" for number in range(count)))
    with Worker() as first, Worker() as second:
        wait_for(lambda: not Job.objects.exclude(state=State.COMPLETED).exists(), "the end of the queue", 120)
        assert first.errors + second.errors == []
    assert [job.attempts.count() for job in Job.objects.all()] == [1] * count
    assert len(device.labels) == count
    check_invariants([device])
