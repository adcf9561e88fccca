"""A worker that dies or is frozen at each step of a label, and what the next one makes of it."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from jobs.dispatch import drain
from jobs.models import Job, Outcome, Phase, State
from jobs.states import OUTCOME_UNKNOWN
from printers.emulator import EmulatedPrinter
from printers.models import Printer
from tests.faults.invariants import check_invariants
from tests.faults.workers import Worker
from tests.jobs.labels import ask, last_attempt, one, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]

LIMIT_S = 120
# Long enough for a slow machine to go from claim to barrier, short enough to wait for.
SHORT_LEASE = {"jobs.lease.LEASE_S": 4.0, "jobs.lease.MARGIN_S": 1.0}


def killed_at(failpoint: str, printer: Printer) -> Job:
    job = one(ask(printer, "hello"))
    with Worker(f"{failpoint}=kill") as worker:
        assert worker.wait() == -signal.SIGKILL
    job.refresh_from_db()
    return job


def settled(job: Job, device: EmulatedPrinter) -> tuple[str, str | None, int, int]:
    """What the next worker says of it, how often it was tried, and how many labels came out."""
    drain(job.printer_id)
    job.refresh_from_db()
    check_invariants([device])
    return job.state, job.outcome, job.attempts.count(), len(device.labels)


@pytest.mark.fault(1)
@pytest.mark.parametrize("failpoint", ["claimed", "rendered", "connected", "before-barrier"])
def test_killed_before_the_barrier_it_is_printed_once(
    printer: Printer, device: EmulatedPrinter, failpoint: str
) -> None:
    job = killed_at(failpoint, printer)
    assert (job.state, job.barrier_at) == (State.PROCESSING, None)
    assert device.bytes_read == 0

    drain(printer.pk)
    job.refresh_from_db()
    assert (job.state, job.outcome, job.deaths) == (State.COMPLETED, Outcome.CONFIRMED, 1)
    assert len(device.labels) == 1
    check_invariants([device])


@pytest.mark.fault(2)
def test_killed_behind_the_barrier_nobody_knows_and_it_is_not_printed_again(
    printer: Printer, device: EmulatedPrinter
) -> None:
    job = killed_at("after-barrier", printer)
    assert last_attempt(job).phase == Phase.SENDING

    assert settled(job, device) == (State.STOPPED, Outcome.UNKNOWN, 1, 0)


@pytest.mark.fault(3)
def test_killed_after_the_last_byte_it_is_unknown_and_printed_exactly_once(
    printer: Printer, device: EmulatedPrinter
) -> None:
    job = killed_at("sent", printer)
    device.wait_for_labels(1)

    assert settled(job, device) == (State.STOPPED, Outcome.UNKNOWN, 1, 1)


@pytest.mark.fault(3)
def test_killed_with_everything_acknowledged_the_printers_counter_tells(
    printer: Printer, device: EmulatedPrinter
) -> None:
    job = killed_at("acked", printer)
    assert last_attempt(job).phase == Phase.BYTES_ACKED
    device.wait_for_labels(1)

    assert settled(job, device) == (State.COMPLETED, Outcome.CONFIRMED, 1, 1)


@pytest.mark.fault(4)
def test_killed_before_what_was_seen_is_written_it_is_not_sent_again(printer: Printer, device: EmulatedPrinter) -> None:
    job = killed_at("evidence", printer)
    assert (job.state, last_attempt(job).phase) == (State.PROCESSING, Phase.PRINTING_SEEN)

    assert settled(job, device) == (State.COMPLETED, Outcome.CONFIRMED, 1, 1)


@pytest.mark.fault(4)
def test_killed_between_evidence_and_report_the_report_alone_is_done_again(
    printer: Printer, device: EmulatedPrinter
) -> None:
    """As workers did it that wrote the one before the other."""
    job = killed_at("evidence", printer)
    reasons = ["job-completed-successfully"]
    job.attempts.update(phase=Phase.TERMINAL, outcome=Outcome.CONFIRMED, reasons=reasons)
    device.set_fault("snmp-off")

    assert settled(job, device) == (State.COMPLETED, Outcome.CONFIRMED, 1, 1)


@pytest.fixture
def slow() -> Iterator[EmulatedPrinter]:
    """It takes long enough over a label to be seen at it."""
    with EmulatedPrinter("PT-P750W", "tze:12", speed=0, min_phase_s=1.0) as running:
        yield running


def killed_while_it_prints(printer: Printer, device: EmulatedPrinter) -> Job:
    Printer.objects.filter(pk=printer.pk).update(port=device.port, snmp_port=device.snmp_port)
    job = one(ask(printer, "hello"))
    with Worker():
        wait_for(lambda: job.attempts.filter(phase=Phase.PRINTING_SEEN).exists(), "it to print", LIMIT_S)
    job.refresh_from_db()
    assert (job.state, last_attempt(job).phase) == (State.PROCESSING, Phase.PRINTING_SEEN)
    return job


@pytest.mark.fault(22)
def test_killed_with_its_printer_in_the_middle_of_a_label_nobody_confirms_it(
    printer: Printer, slow: EmulatedPrinter
) -> None:
    slow.set_fault("power-off")
    job = killed_while_it_prints(printer, slow)
    slow.wait_for_mishaps(1)
    slow.clear_fault()
    assert settled(job, slow) == (State.STOPPED, Outcome.UNKNOWN, 1, 0)
    assert job.reasons == [OUTCOME_UNKNOWN]


@pytest.mark.fault(22)
def test_killed_with_its_printer_behind_the_label_its_counter_confirms_it(
    printer: Printer, slow: EmulatedPrinter
) -> None:
    job = killed_while_it_prints(printer, slow)
    slow.wait_for_labels(1)
    slow.stop()
    slow.start()
    assert settled(job, slow) == (State.COMPLETED, Outcome.CONFIRMED, 1, 1)


@pytest.mark.fault(28)
def test_three_deaths_before_the_barrier_give_it_up_and_others_print(printer: Printer, device: EmulatedPrinter) -> None:
    bad, good = one(ask(printer, "bad")), one(ask(printer, "good"))
    for _ in range(3):
        with Worker("claimed=kill") as worker:
            worker.wait()
    drain(printer.pk)
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, bad.outcome, bad.reasons) == (State.ABORTED, Outcome.NOT_PRINTED, ["hub-poison"])
    assert (good.state, good.outcome) == (State.COMPLETED, Outcome.CONFIRMED)
    assert len(device.labels) == 1
    check_invariants([device])


@pytest.mark.fault(28)
def test_a_job_that_hangs_its_workers_is_given_up_and_others_print(printer: Printer, device: EmulatedPrinter) -> None:
    bad, good = one(ask(printer, "bad")), one(ask(printer, "good"))
    with ExitStack() as hanging:
        for deaths in range(2):
            hanging.enter_context(Worker("claimed=hang", SHORT_LEASE))
            wait_for(lambda: Job.objects.get(pk=bad.pk).attempts.count() == deaths + 1, "an attempt", LIMIT_S)  # noqa: B023
        hanging.enter_context(Worker("claimed=hang@1", SHORT_LEASE))
        wait_for(lambda: Job.objects.get(pk=bad.pk).attempts.count() == 3, "the third attempt", LIMIT_S)
        with Worker() as last:
            wait_for(lambda: Job.objects.get(pk=good.pk).state == State.COMPLETED, "the other label", LIMIT_S)
            assert last.errors == []
    bad.refresh_from_db()
    assert (bad.state, bad.outcome, bad.reasons) == (State.ABORTED, Outcome.NOT_PRINTED, ["hub-poison"])
    assert len(device.labels) == 1
    check_invariants([device])


@pytest.mark.fault(5)
def test_frozen_past_its_lease_a_worker_sends_nothing(printer: Printer, device: EmulatedPrinter) -> None:
    job = one(ask(printer, "hello"))
    with Worker("rendered=stop", SHORT_LEASE, ("--once",)) as worker:
        worker.wait_until_stopped()
        work_until(State.COMPLETED, printer)
        sent = device.bytes_read
        worker.go_on()
        worker.wait()
        assert worker.errors == []
    job.refresh_from_db()
    assert (job.state, job.outcome, job.deaths) == (State.COMPLETED, Outcome.CONFIRMED, 1)
    assert job.attempts.get(number=1).barrier_at is None
    assert device.bytes_read == sent
    assert len(device.labels) == 1
    check_invariants([device])


@pytest.mark.fault(6)
def test_frozen_while_sending_the_next_owner_does_not_send_again(printer: Printer, device: EmulatedPrinter) -> None:
    job = one(ask(printer, "hello"))
    with Worker("after-barrier=stop", SHORT_LEASE, ("--once",)) as worker:
        worker.wait_until_stopped()
        work_until(State.STOPPED, printer)
        worker.go_on()
        worker.wait()
        assert worker.errors == []
    job.refresh_from_db()
    assert (job.state, job.outcome) == (State.STOPPED, Outcome.UNKNOWN)
    assert (device.labels, device.bytes_read) == ([], 0)
    check_invariants([device])


def work_until(state: State, printer: Printer) -> None:
    """Take its turn as soon as the frozen worker's is over."""

    def taken_over() -> bool:
        drain(printer.pk)
        return Job.objects.filter(state=state).exists()

    wait_for(taken_over, "the take-over", LIMIT_S)
