"""What happens to a job between its claim and its first byte, and what a person may still do then."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from celery.worker import state as worker_state
from django.conf import LazySettings
from django.db import connection
from django.utils import timezone

from jobs import failpoints, queue
from jobs.artifacts import artifact_path, load
from jobs.dispatch import drain, sending
from jobs.errors import NotAllowed
from jobs.lease import Lease, acquire
from jobs.models import Job, Outcome, PrinterLease, State
from jobs.states import HELD_BY_PERSON, NOT_READY, POISON
from jobs.sweep import printers_to_ring
from printers.emulator import EmulatedPrinter
from printers.models import Event, Printer
from printers.transport import failure
from tests.jobs.labels import ANN, ask, last_attempt, moves, one, printed_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[[], object]], None]:
    """Do something when a job comes to a failpoint, once."""

    def arm(name: str, act: Callable[[], object]) -> None:
        waiting = [act]

        def hit(reached: str) -> None:
            if reached == name and waiting:
                waiting.pop()()

        monkeypatch.setattr(failpoints, "hit", hit)

    return arm


At = Callable[[str, Callable[[], object]], None]


@pytest.mark.parametrize("step", ["claimed", "rendered", "connected", "before-barrier"])
def test_canceled_up_to_the_barrier_it_does_not_come_out(
    printer: Printer, device: EmulatedPrinter, at: At, step: str
) -> None:
    job, other = one(ask(printer, "no")), one(ask(printer, "yes"))
    at(step, lambda: queue.cancel(job, ANN))
    drain(printer.pk)
    job.refresh_from_db()
    other.refresh_from_db()
    assert (job.state, job.outcome) == (State.CANCELED, Outcome.NOT_PRINTED)
    assert last_attempt(job).ended_at is not None
    assert (other.state, other.outcome) == (State.COMPLETED, Outcome.CONFIRMED)
    assert [label.raster.sha256 for label in device.labels] == [other.artifact]


@pytest.mark.parametrize("step", ["after-barrier", "sent", "acked", "evidence"])
def test_behind_the_barrier_a_cancel_is_refused_and_it_prints(
    printer: Printer, device: EmulatedPrinter, at: At, step: str
) -> None:
    job = one(ask(printer))
    refused: list[NotAllowed] = []

    def cancel() -> None:
        with pytest.raises(NotAllowed) as caught:
            queue.cancel(job, ANN)
        refused.append(caught.value)

    at(step, cancel)
    drain(printer.pk)
    job.refresh_from_db()
    assert len(refused) == 1
    assert (job.state, job.outcome) == (State.COMPLETED, Outcome.CONFIRMED)
    assert len(device.labels) == 1


def test_a_pause_lets_the_label_finish_and_begins_no_other(printer: Printer, device: EmulatedPrinter, at: At) -> None:
    ask(printer, "one", "two")
    at("claimed", lambda: Printer.objects.update(paused=True))
    drain(printer.pk)
    assert list(Job.objects.order_by("position").values_list("state", flat=True)) == [State.COMPLETED, State.PENDING]
    assert len(device.labels) == 1


def test_copies_are_made_in_one_layer(printer: Printer, device: EmulatedPrinter) -> None:
    job = printed_once(printer, "hello", copies=3)
    assert (job.state, job.outcome) == (State.COMPLETED, Outcome.CONFIRMED)
    assert len(device.labels) == 3
    assert device.connections == 1


def test_expired_it_is_not_printed(printer: Printer, device: EmulatedPrinter) -> None:
    job = one(ask(printer, expires_at=timezone.now() + timedelta(hours=1)))
    Job.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    drain(printer.pk)
    job.refresh_from_db()
    assert (job.state, job.outcome, job.reasons) == (State.ABORTED, Outcome.NOT_PRINTED, ["hub-expired"])
    assert device.connections == 0


class TestImages:
    def test_a_store_that_cannot_be_written_holds_the_job(
        self, printer: Printer, device: EmulatedPrinter, settings: LazySettings
    ) -> None:
        in_the_way = Path(settings.DATA_DIR) / "artifacts"
        in_the_way.write_text("in the way")
        job = printed_once(printer)
        assert (job.state, job.reasons, job.artifact) == (State.HELD, [NOT_READY], "")
        assert str(in_the_way) in job.message
        assert device.connections == 0

        in_the_way.unlink()
        assert printers_to_ring() == []
        Job.objects.update(not_before=timezone.now() - timedelta(seconds=1))
        assert printers_to_ring() == [printer.pk]
        drain(printer.pk)
        job.refresh_from_db()
        assert (job.state, len(device.labels)) == (State.COMPLETED, 1)

    @pytest.mark.parametrize("content", [b"", b"torn"])
    def test_a_damaged_one_is_drawn_again(self, printer: Printer, device: EmulatedPrinter, content: bytes) -> None:
        first = printed_once(printer)
        artifact_path(first.artifact).write_bytes(content)
        again = queue.reprint(first, ANN)
        drain(printer.pk)
        again.refresh_from_db()
        assert (again.state, again.artifact) == (State.COMPLETED, first.artifact)
        assert device.labels[1].raster.png == device.labels[0].raster.png


class TestFaultsOfTheHub:
    def test_one_that_always_makes_it_fail_is_given_up_and_others_print(
        self, printer: Printer, device: EmulatedPrinter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bad, good = one(ask(printer, "bad")), one(ask(printer, "good"))

        def broken(sha256: str) -> object:
            if sha256 == bad.artifact:
                raise MemoryError
            return load(sha256)

        monkeypatch.setattr("jobs.dispatch.image.load", broken)
        drain(printer.pk)
        bad.refresh_from_db()
        good.refresh_from_db()
        assert (bad.state, bad.outcome, bad.reasons) == (State.ABORTED, Outcome.NOT_PRINTED, [POISON])
        assert bad.attempts.count() == 3
        assert (good.state, good.outcome) == (State.COMPLETED, Outcome.CONFIRMED)
        assert len(device.labels) == 1

    def test_one_behind_the_barrier_is_unknown(self, printer: Printer, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*_: object) -> None:
            raise RuntimeError("a fault of ours")

        monkeypatch.setattr(sending, "observe", broken)
        job = printed_once(printer)
        assert (job.state, job.outcome) == (State.STOPPED, Outcome.UNKNOWN)
        assert "RuntimeError" in job.message

    def test_a_connection_that_took_nothing_is_tried_again(
        self, printer: Printer, device: EmulatedPrinter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def thrown_away(*_: object, **__: object) -> None:
            raise failure("The printer reset the connection.")

        with monkeypatch.context() as patched:
            patched.setattr("printers.transport.Connection.send", thrown_away)
            job = printed_once(printer)
        assert (job.state, job.barrier_at, job.outcome) == (State.PENDING, None, None)
        assert PrinterLease.objects.get().not_before is not None

        PrinterLease.objects.update(not_before=None)
        drain(printer.pk)
        job.refresh_from_db()
        assert (job.state, job.outcome) == (State.COMPLETED, Outcome.CONFIRMED)
        assert len(device.labels) == 1


class TestStopping:
    def test_before_the_barrier_the_job_goes_back_and_it_is_no_death(
        self, printer: Printer, device: EmulatedPrinter, at: At, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = one(ask(printer))
        at("before-barrier", lambda: monkeypatch.setattr(worker_state, "should_stop", 0))
        drain(printer.pk)
        job.refresh_from_db()
        assert (job.state, job.deaths, job.reasons) == (State.PENDING, 0, [])
        assert device.bytes_read == 0

    def test_while_it_prints_the_next_start_finds_out(
        self, printer: Printer, device: EmulatedPrinter, at: At, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = one(ask(printer))
        with monkeypatch.context() as patched:
            at("acked", lambda: patched.setattr(worker_state, "should_stop", 0))
            drain(printer.pk)
            job.refresh_from_db()
            assert job.state == State.PROCESSING
        device.wait_for_labels(1)
        drain(printer.pk)
        job.refresh_from_db()
        assert (job.state, job.outcome) == (State.COMPLETED, Outcome.CONFIRMED)
        assert len(device.labels) == 1


def test_a_hundred_wake_ups_are_one_claim_and_one_connection(printer: Printer, device: EmulatedPrinter) -> None:
    job = one(ask(printer))

    def wake() -> None:
        try:
            for _ in range(10):
                drain(printer.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=wake) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    job.refresh_from_db()
    assert (job.state, job.outcome) == (State.COMPLETED, Outcome.CONFIRMED)
    assert Event.objects.filter(kind="job.processing").count() == 1
    assert (len(device.labels), device.connections, device.most_connections_at_once) == (1, 1, 1)


def test_a_job_that_comes_while_the_turn_is_given_back_is_not_forgotten(
    printer: Printer, device: EmulatedPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = Lease.release
    asked: list[Job] = []

    def release_late(lease: Lease) -> None:
        if not asked:
            asked.append(one(ask(printer, "late")))
            # Its ring finds the printer taken.
            drain(printer.pk)
        release(lease)

    monkeypatch.setattr(Lease, "release", release_late)
    printed_once(printer, "early")
    asked[0].refresh_from_db()
    assert asked[0].state == State.COMPLETED
    assert len(device.labels) == 2


def test_a_held_job_stays_where_it_is(printer: Printer, device: EmulatedPrinter) -> None:
    job = queue.hold(one(ask(printer)), ANN)
    drain(printer.pk)
    job.refresh_from_db()
    assert (job.state, job.reasons) == (State.HELD, [HELD_BY_PERSON])
    assert device.connections == 0
    queue.release(job, ANN)
    drain(printer.pk)
    job.refresh_from_db()
    assert job.state == State.COMPLETED
    assert moves(job)[1:3] == [("pending", "pending-held"), ("pending-held", "pending")]


def test_while_another_has_the_turn_nothing_is_done(printer: Printer, device: EmulatedPrinter) -> None:
    assert acquire(printer.pk) is not None
    job = printed_once(printer)
    assert job.state == State.PENDING
    assert device.connections == 0
