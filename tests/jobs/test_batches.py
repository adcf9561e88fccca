"""A batch breaks off and goes on: what came out is counted exactly and not printed again."""

from typing import Any
from uuid import UUID

import pytest
from django.db.models import Q

from jobs import batches, queue
from jobs.dispatch import drain
from jobs.errors import NotAllowed, OutcomeUnknown, UnknownBatch
from jobs.lease import acquire
from jobs.models import Batch, Job, Outcome, State
from printers.callers import Caller
from printers.emulator import EmulatedPrinter
from printers.models import Event, Printer, Total
from tests.api import assert_problem, script
from tests.jobs.labels import ANN, ask, batch_of, make_printer, moves

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = ("a", "b", "c", "d", "e")


def broken_off(printer: Printer, device: EmulatedPrinter, after: int, *words: str) -> Batch:
    """So many labels came out, then somebody canceled the rest."""
    batch = batch_of(ask(printer, *words or WORDS))
    rest = Job.objects.filter(batch=batch, position__gte=after)
    rest.update(state=State.HELD, reasons=["job-hold-until-specified"])
    drain(printer.pk)
    assert len(device.labels) == after
    batches.cancel_rest(batch, ANN)
    return batch


def state_of(batch: Batch) -> list[tuple[int, str, str | None]]:
    return [(each.position, each.state, each.outcome) for each in batches.progress_of(batch, ANN).labels]


def images(device: EmulatedPrinter) -> int:
    return len({label.raster.sha256 for label in device.labels})


class TestCancel:
    def test_the_rest_does_not_come_out(self, printer: Printer, device: EmulatedPrinter) -> None:
        batch = broken_off(printer, device, 2)
        other = ask(printer, "of somebody else")
        drain(printer.pk)
        # Two of the batch, and the label that does not belong to it.
        assert len(device.labels) == 3
        assert Job.objects.get(pk=other.jobs[0].id).state == State.COMPLETED
        progress = batches.progress_of(batch, ANN)
        assert (progress.total, progress.confirmed, progress.came_out, progress.waiting) == (5, 2, 2, 0)
        assert (progress.next_position, progress.unknown) == (2, [])
        gone = Job.objects.filter(batch=batch, state=State.CANCELED)
        assert gone.filter(outcome=Outcome.NOT_PRINTED, reasons=["job-canceled-by-user"]).count() == 3
        assert [moves(job)[-1] for job in gone] == [("pending-held", "canceled")] * 3
        assert Total.objects.get(name="jobs", label="canceled/not_printed").value == 3

    def test_a_label_that_is_prepared_is_canceled_and_one_that_is_sent_is_not(self, printer: Printer) -> None:
        batch = batch_of(ask(printer, *WORDS))
        lease = acquire(printer.pk)
        assert lease is not None
        sent = queue.claim_next(lease)
        assert sent is not None
        assert queue.cross_barrier(*sent, lease)
        assert batches.cancel_rest(batch, ANN) == 4
        assert state_of(batch) == [(0, "processing", None), *((n, "canceled", "not_printed") for n in range(1, 5))]
        assert queue.complete(*sent, Outcome.CONFIRMED, [])
        prepared_batch = batch_of(ask(printer, *WORDS))
        prepared = queue.claim_next(lease)
        assert prepared is not None
        assert batches.cancel_rest(prepared_batch, ANN) == 5
        assert not queue.cross_barrier(*prepared, lease)

    def test_by_a_script_which_sees_its_printers_only(self, printer: Printer) -> None:
        batch = batch_of(ask(printer, *WORDS))
        stranger = script("read", "print", printers=(make_printer(name="other"),))
        assert_problem(stranger.post(f"/api/batches/{batch.id}/cancel"), 404, "unknown-batch")
        assert_problem(script("read").post(f"/api/batches/{batch.id}/cancel"), 403, "forbidden")
        assert Job.objects.filter(state=State.PENDING).count() == 5
        answer = script("print", printers=(printer,)).post(f"/api/batches/{batch.id}/cancel")
        assert (answer.status_code, answer.json()["summary"]["states"]) == (200, {"canceled": 5})
        assert script().post(f"/api/batches/{batch.id}/cancel").status_code == 200, "once more changes nothing"
        assert Event.objects.filter(kind="job.canceled").count() == 5


class TestResume:
    def test_it_goes_on_at_the_first_label_that_did_not_come_out(
        self, printer: Printer, device: EmulatedPrinter
    ) -> None:
        batch = broken_off(printer, device, 2)
        answer = script("print").post(f"/api/batches/{batch.id}/resume", {})
        assert answer.status_code == 200, answer.content
        assert answer.json()["summary"] == {
            "total": 5, "states": {"completed": 2, "pending": 3}, "outcomes": {"confirmed": 2},
            "confirmed": 2, "came_out": 2, "waiting": 3, "unknown": 0, "next_position": 2,
        }  # fmt: skip
        drain(printer.pk)
        assert (len(device.labels), images(device)) == (5, 5)
        progress = batches.progress_of(batch, ANN)
        assert (progress.confirmed, progress.next_position) == (5, None)
        # The canceled ones stay canceled; each new one says which it replaces.
        assert Job.objects.filter(batch=batch).count() == 8
        replaced = (
            Job.objects.exclude(reprint_of=None).order_by("position").values_list("reprint_of__position", flat=True)
        )
        assert list(replaced) == [2, 3, 4]

    def test_twice_prints_nothing_twice(self, printer: Printer, device: EmulatedPrinter) -> None:
        batch = broken_off(printer, device, 2)
        assert batches.resume(batch, ANN) == 3
        assert batches.resume(batch, ANN) == 0
        drain(printer.pk)
        assert len(device.labels) == 5
        with pytest.raises(NotAllowed, match="Nothing is left"):
            batches.resume(batch, ANN)

    def test_from_a_label_later_on(self, printer: Printer, device: EmulatedPrinter) -> None:
        batch = broken_off(printer, device, 1)
        assert script("print").post(f"/api/batches/{batch.id}/resume", {"from": 3}).status_code == 200
        drain(printer.pk)
        assert [state for _n, state, _o in state_of(batch)] == [
            "completed", "canceled", "canceled", "completed", "completed",
        ]  # fmt: skip

    def test_what_came_out_comes_again_only_where_that_is_asked_for(
        self, printer: Printer, device: EmulatedPrinter
    ) -> None:
        batch = broken_off(printer, device, 3)
        assert batches.resume(batch, ANN, start=1) == 2
        drain(printer.pk)
        assert len(device.labels) == 5
        assert batches.resume(batch, ANN, start=3, again=True) == 2
        drain(printer.pk)
        assert (len(device.labels), images(device)) == (7, 5)
        assert batches.progress_of(batch, ANN).confirmed == 5

    def test_an_unknown_label_has_to_be_answered_for(self, printer: Printer, device: EmulatedPrinter) -> None:
        batch = broken_off(printer, device, 3)
        lost = Job.objects.get(batch=batch, position=1)
        Job.objects.filter(pk=lost.pk).update(state=State.STOPPED, outcome=Outcome.UNKNOWN)
        body = assert_problem(script().post(f"/api/batches/{batch.id}/resume", {}), 409, "outcome-unknown")
        assert body["unknown"] == [str(lost.pk)]
        assert "label 2 came out" in body["detail"]
        assert Job.objects.filter(batch=batch).count() == 5
        with pytest.raises(OutcomeUnknown):
            batches.resume(batch, ANN, start=0)
        assert batches.resume(batch, ANN, unknown="leave") == 2
        lost.refresh_from_db()
        assert lost.state == State.STOPPED

    def test_an_unknown_label_is_printed_again_where_that_is_said(
        self, printer: Printer, device: EmulatedPrinter
    ) -> None:
        batch = broken_off(printer, device, 3)
        lost = Job.objects.get(batch=batch, position=1)
        Job.objects.filter(pk=lost.pk).update(state=State.STOPPED, outcome=Outcome.UNKNOWN)
        assert batches.resume(batch, ANN, unknown="reprint") == 3
        lost.refresh_from_db()
        assert (lost.state, lost.outcome) == (State.ABORTED, Outcome.NOT_PRINTED)
        drain(printer.pk)
        assert len(device.labels) == 6
        assert batches.progress_of(batch, ANN).confirmed == 5

    def test_a_label_that_somebody_printed_again_is_not_printed_a_third_time(
        self, printer: Printer, device: EmulatedPrinter
    ) -> None:
        batch = broken_off(printer, device, 4)
        lost = Job.objects.get(batch=batch, position=1)
        Job.objects.filter(pk=lost.pk).update(state=State.STOPPED, outcome=Outcome.UNKNOWN)
        queue.resolve(Job.objects.get(pk=lost.pk), ANN, printed=False, reprint=True)
        drain(printer.pk)
        assert batches.resume(batch, ANN) == 1
        drain(printer.pk)
        assert len(device.labels) == 6
        assert batches.progress_of(batch, ANN).confirmed == 5

    def test_what_a_person_held_is_released(self, printer: Printer, device: EmulatedPrinter) -> None:
        batch = batch_of(ask(printer, *WORDS))
        for job in Job.objects.filter(batch=batch, position__gte=3):
            queue.hold(job, ANN)
        drain(printer.pk)
        assert batches.resume(batch, ANN) == 2
        drain(printer.pk)
        assert (len(device.labels), Job.objects.count()) == (5, 5)

    @pytest.mark.parametrize("wrong", [{"from": -1}, {"from": "2"}, {"unknown": "guess"}, {"to": 3}])
    def test_what_does_not_fit_is_refused(self, printer: Printer, wrong: dict[str, Any]) -> None:
        batch = batch_of(ask(printer, *WORDS))
        assert_problem(script().post(f"/api/batches/{batch.id}/resume", wrong), 422, "invalid")


def test_to_somebody_with_other_printers_there_is_no_batch(printer: Printer) -> None:
    batch = batch_of(ask(printer, *WORDS))
    with pytest.raises(UnknownBatch):
        batches.find_batch(batch.pk, Caller("eve", printer_ids=frozenset({UUID(int=7)})))


def test_a_queue_is_cleared(printer: Printer, device: EmulatedPrinter) -> None:
    other = make_printer(name="other")
    ask(printer, *WORDS)
    ask(other, "stays")
    assert_problem(script("print").post("/api/printers/main/bench/clear"), 403, "forbidden")
    assert script("manage").post("/api/printers/main/bench/clear").json() == {"canceled": 5}
    drain(printer.pk)
    assert device.labels == []
    assert Job.objects.get(state=State.PENDING).printer_id == other.pk
    assert batches.cancel_all(Q(printer=printer), ANN) == 0
