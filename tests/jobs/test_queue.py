import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from jobs import queue
from jobs.dispatch import drain
from jobs.errors import NotAllowed
from jobs.lease import Lease
from jobs.models import Attempt, Job, Outcome, Phase, PrinterLease, State
from printers.emulator import EmulatedPrinter
from printers.errors import InvalidInput
from printers.models import Event, Printer
from tests.jobs.labels import ANN, ask, last_attempt, make_printer, make_template, moves, one, printed_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def printer() -> Printer:
    make_template()
    return make_printer()


def claim(printer: Printer, lease: Lease) -> tuple[Job, Attempt]:
    claimed = queue.claim_next(lease)
    assert claimed is not None
    return claimed


def together(*works: Callable[[], Any]) -> list[Any]:
    """All at once, each in its own thread and connection; what they returned or raised."""
    results: list[Any] = [None] * len(works)
    start = threading.Barrier(len(works))

    def run(number: int, work: Callable[[], Any]) -> None:
        try:
            start.wait()
            results[number] = work()
        except Exception as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


class TestClaim:
    def test_it_works(self, printer: Printer, lease: Lease) -> None:
        ask(printer)
        job, attempt = claim(printer, lease)
        assert (job.state, job.token) == (State.PROCESSING, lease.token)
        assert (attempt.number, attempt.phase, attempt.worker) == (1, Phase.CLAIMED, lease.owner)
        assert moves(job) == [(None, "pending"), ("pending", "processing")]

    def test_urgent_first_then_in_the_order_of_asking(self, printer: Printer, lease: Lease) -> None:
        ask(printer, "a", "b")
        ask(printer, "urgent", priority=10)
        order = []
        while (claimed := queue.claim_next(lease)) is not None:
            order.append(claimed[0].fields["word"])
            queue.abort(*claimed, ["aborted-by-system"], "")
        assert order == ["urgent", "a", "b"]

    @pytest.mark.parametrize("closed", [{"paused": True}, {"enabled": False}, {"config_error": "no such model"}])
    def test_a_printer_that_is_closed_claims_nothing(
        self, printer: Printer, lease: Lease, closed: dict[str, Any]
    ) -> None:
        ask(printer)
        Printer.objects.filter(pk=printer.pk).update(**closed)
        assert queue.claim_next(lease) is None
        assert Job.objects.get().state == State.PENDING

    def test_without_the_turn_nothing_is_claimed(self, printer: Printer, lease: Lease) -> None:
        ask(printer)
        PrinterLease.objects.update(token=lease.token + 1)
        assert queue.claim_next(lease) is None

    def test_not_before_its_time(self, printer: Printer, lease: Lease) -> None:
        ask(printer)
        Job.objects.update(not_before=timezone.now() + timedelta(minutes=1))
        assert queue.claim_next(lease) is None

    def test_of_many_at_once_one_gets_it(self, printer: Printer, lease: Lease) -> None:
        ask(printer)
        results = together(*[lambda: queue.claim_next(lease)] * 8)
        assert len([each for each in results if each is not None]) == 1, results
        assert Attempt.objects.count() == 1
        assert Event.objects.filter(kind="job.processing").count() == 1

    def test_a_claim_and_a_cancel_at_once_agree(self, printer: Printer, lease: Lease) -> None:
        for _ in range(10):
            job = one(ask(printer))
            claimed, _canceled = together(partial(queue.claim_next, lease), partial(queue.cancel, job, ANN))
            job.refresh_from_db()
            assert job.state == State.CANCELED
            story = moves(job)
            if claimed is not None:
                assert story[1:] == [("pending", "processing"), ("processing", "canceled")]
                claimed_job, attempt = claimed
                assert not queue.cross_barrier(claimed_job, attempt, lease)
            else:
                assert story[1:] == [("pending", "canceled")]


class TestBarrier:
    def test_it_works(self, printer: Printer, lease: Lease) -> None:
        ask(printer)
        job, attempt = claim(printer, lease)
        assert queue.cross_barrier(job, attempt, lease)
        job.refresh_from_db()
        attempt.refresh_from_db()
        assert job.barrier_at is not None
        assert (attempt.phase, attempt.barrier_at is not None) == (Phase.SENDING, True)

    def test_it_is_crossed_once(self, printer: Printer, lease: Lease) -> None:
        ask(printer)
        claimed = claim(printer, lease)
        assert queue.cross_barrier(*claimed, lease)
        assert not queue.cross_barrier(*claimed, lease)

    def test_not_with_a_lease_that_is_over(self, printer: Printer, lease: Lease) -> None:
        ask(printer)
        job, attempt = claim(printer, lease)
        PrinterLease.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert not queue.cross_barrier(job, attempt, lease)
        job.refresh_from_db()
        assert job.barrier_at is None

    def test_not_with_a_token_that_another_has_overtaken(self, printer: Printer, lease: Lease) -> None:
        ask(printer)
        job, attempt = claim(printer, lease)
        PrinterLease.objects.update(token=lease.token + 1)
        assert not queue.cross_barrier(job, attempt, lease)

    def test_a_stale_worker_changes_nothing(self, printer: Printer, lease: Lease) -> None:
        ask(printer)
        job, attempt = claim(printer, lease)
        stale = Job.objects.get()
        Job.objects.update(token=lease.token + 1)
        assert not queue.requeue(stale, attempt, [], "")
        assert not queue.abort(stale, attempt, [], "")
        assert not queue.complete(stale, attempt, Outcome.CONFIRMED, [])
        assert not queue.stop(stale, attempt, [], "")
        job.refresh_from_db()
        assert (job.state, job.token) == (State.PROCESSING, lease.token + 1)
        assert moves(job)[-1] == ("pending", "processing")

    def test_barrier_and_cancel_at_once_never_both_succeed(self, printer: Printer, lease: Lease) -> None:
        for _ in range(15):
            job = one(ask(printer))
            claimed = claim(printer, lease)
            crossed, canceled = together(partial(queue.cross_barrier, *claimed, lease), partial(queue.cancel, job, ANN))
            job.refresh_from_db()
            assert crossed is isinstance(canceled, NotAllowed)
            assert (job.state == State.CANCELED) is not crossed
            assert (job.barrier_at is not None) is crossed
            if crossed:
                assert queue.complete(*claimed, Outcome.CONFIRMED, ["job-completed-successfully"])


class TestPeople:
    def test_cancel_while_it_waits(self, printer: Printer) -> None:
        job = queue.cancel(one(ask(printer)), ANN)
        assert (job.state, job.outcome, job.reasons) == (State.CANCELED, Outcome.NOT_PRINTED, ["job-canceled-by-user"])
        assert Event.objects.get(kind="job.canceled").actor == "ann"

    def test_cancel_behind_the_barrier_is_refused_with_the_state(self, printer: Printer, lease: Lease) -> None:
        ask(printer)
        job, attempt = claim(printer, lease)
        assert queue.cross_barrier(job, attempt, lease)
        with pytest.raises(NotAllowed) as caught:
            queue.cancel(Job.objects.get(), ANN)
        assert caught.value.extra == {"state": "processing"}
        assert "data may have gone to the printer" in caught.value.detail
        job.refresh_from_db()
        assert job.state == State.PROCESSING

    def test_hold_and_release(self, printer: Printer, lease: Lease, rung: list[str]) -> None:
        job = queue.hold(one(ask(printer)), ANN)
        assert (job.state, job.reasons) == (State.HELD, ["job-hold-until-specified"])
        assert queue.claim_next(lease) is None
        rung.clear()
        job = queue.release(job, ANN)
        assert (job.state, job.reasons, job.message) == (State.PENDING, [], "")
        assert rung == [str(printer.pk)]

    @pytest.mark.parametrize("state", [State.COMPLETED, State.CANCELED, State.ABORTED, State.STOPPED])
    def test_nothing_can_be_done_to_what_is_over(self, printer: Printer, state: State) -> None:
        job = one(ask(printer))
        Job.objects.update(state=state)
        for act in (queue.cancel, queue.hold, queue.release):
            with pytest.raises(NotAllowed):
                act(job, ANN)
        with pytest.raises(NotAllowed):
            queue.set_priority(job, ANN, 1)
        assert Job.objects.get().state == state

    @pytest.mark.parametrize("state", [State.PENDING, State.HELD, State.COMPLETED, State.CANCELED])
    def test_only_an_unknown_can_be_resolved(self, printer: Printer, state: State) -> None:
        job = one(ask(printer))
        Job.objects.update(state=state)
        with pytest.raises(NotAllowed):
            queue.resolve(job, ANN, printed=True)

    def test_it_came_out(self, printer: Printer) -> None:
        job = one(ask(printer))
        Job.objects.update(state=State.STOPPED, outcome=Outcome.UNKNOWN)
        job = queue.resolve(job, ANN, printed=True)
        assert (job.state, job.outcome) == (State.COMPLETED, Outcome.CONFIRMED)
        assert "ann" in job.message
        assert Job.objects.count() == 1

    def test_it_did_not_and_is_printed_again_as_a_new_job(self, printer: Printer, rung: list[str]) -> None:
        job = one(ask(printer))
        Job.objects.update(state=State.STOPPED, outcome=Outcome.UNKNOWN)
        rung.clear()
        job = queue.resolve(job, ANN, printed=False, reprint=True)
        assert (job.state, job.outcome) == (State.ABORTED, Outcome.NOT_PRINTED)
        again = job.reprints.get()
        assert (again.state, again.fields, again.barrier_at) == (State.PENDING, job.fields, None)
        assert rung == [str(printer.pk)]

    def test_it_did_not_and_is_left(self, printer: Printer) -> None:
        job = one(ask(printer))
        Job.objects.update(state=State.STOPPED, outcome=Outcome.UNKNOWN)
        queue.resolve(job, ANN, printed=False)
        assert Job.objects.count() == 1

    def test_two_answers_at_once_are_one(self, printer: Printer) -> None:
        job = one(ask(printer))
        Job.objects.update(state=State.STOPPED, outcome=Outcome.UNKNOWN)
        results = together(*[lambda: queue.resolve(Job.objects.get(pk=job.pk), ANN, printed=False, reprint=True)] * 6)
        assert len([each for each in results if isinstance(each, Job)]) == 1
        assert job.reprints.count() == 1

    def test_priority(self, printer: Printer, lease: Lease) -> None:
        ask(printer, "first")
        second = one(ask(printer, "second"))
        queue.set_priority(second, ANN, 1)
        assert claim(printer, lease)[0].pk == second.pk
        with pytest.raises(InvalidInput):
            queue.set_priority(second, ANN, 0)

    def test_a_job_that_is_being_printed_keeps_its_printer(self, printer: Printer, lease: Lease) -> None:
        ask(printer)
        job, _attempt = claim(printer, lease)
        with pytest.raises(NotAllowed):
            queue.move(job, ANN, make_printer(name="other"))
        job.refresh_from_db()
        assert job.printer_id == printer.pk


def test_a_reprint_is_a_new_job_with_the_same_dots(device: EmulatedPrinter) -> None:
    make_template()
    printer = make_printer(device)
    job = printed_once(printer, "hello")
    again = queue.reprint(job, ANN)
    assert (again.reprint_of_id, again.state, again.artifact) == (job.pk, State.PENDING, job.artifact)
    drain(printer.pk)
    assert len({label.raster.sha256 for label in device.labels}) == 1
    assert len(device.labels) == 2
    job.refresh_from_db()
    assert job.state == State.COMPLETED


def test_a_moved_job_is_laid_out_anew_and_printed_there(device: EmulatedPrinter) -> None:
    make_template()
    printer = make_printer(device)
    with EmulatedPrinter("QL-820NWB", "dk:62", speed=0) as other_device:
        other = make_printer(other_device, name="other", media="dk:62")
        job = one(ask(printer))
        queue.move(job, ANN, other)
        drain(other.pk)
        job.refresh_from_db()
        assert (job.state, job.printer_id, job.medium) == (State.COMPLETED, other.pk, "dk:62")
        assert len(other_device.labels) == 1
    assert device.labels == []
    assert last_attempt(job).printer_id == other.pk
