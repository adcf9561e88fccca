import os
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from jobs import queue, sweep
from jobs.artifacts import artifact_path, keep
from jobs.heartbeats import beat
from jobs.layout import render_job
from jobs.lease import acquire
from jobs.models import Batch, Heartbeat, IdempotencyKey, Job, Outcome, PrinterLease, State
from jobs.states import HELD_BY_PERSON, MEDIA_NEEDED, NOT_READY
from printers.models import Event, Printer, PrinterStatus, record
from tests.jobs.labels import ANN, ask, make_printer, make_template, one

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def printer(rung: list[str]) -> Printer:
    make_template()
    return make_printer()


def asked(printer: Printer, rung: list[str], *words: str, **more: Any) -> Job:
    job = one(ask(printer, *words, **more))
    rung.clear()
    return job


class TestWatching:
    """Whose status is asked every other second, and whose is left to its backoff."""

    @pytest.fixture
    def later(self, printer: Printer) -> datetime:
        later = timezone.now() + timedelta(minutes=4)
        PrinterStatus.objects.create(printer=printer, online=False, failures=9, next_probe_at=later)
        return later

    def is_due(self, printer: Printer) -> bool:
        sweep.sweep()
        return PrinterStatus.objects.get(printer=printer).next_probe_at <= timezone.now()

    def test_a_stopped_one_that_labels_wait_for(self, printer: Printer, rung: list[str], later: datetime) -> None:
        other = make_printer(name="other", stop_reasons=["offline"])
        PrinterStatus.objects.create(printer=other, online=False, failures=9, next_probe_at=later)
        asked(printer, rung)
        Printer.objects.filter(pk=printer.pk).update(stop_reasons=["offline"])
        assert self.is_due(printer)
        assert not self.is_due(other)

    def test_one_whose_labels_wait_for_their_tape(self, printer: Printer, rung: list[str], later: datetime) -> None:
        asked(printer, rung)
        Job.objects.update(state=State.HELD, reasons=[MEDIA_NEEDED])
        assert self.is_due(printer)

    @pytest.mark.parametrize(
        ("there", "job"),
        [
            ({"stop_reasons": []}, {}),
            ({"stop_reasons": ["offline"], "enabled": False}, {}),
            ({"stop_reasons": ["offline"]}, {"state": State.CANCELED}),
            ({"stop_reasons": ["offline"]}, {"state": State.HELD, "reasons": [HELD_BY_PERSON]}),
        ],
    )
    def test_no_other(
        self, printer: Printer, rung: list[str], later: datetime, there: dict[str, Any], job: dict[str, Any]
    ) -> None:
        asked(printer, rung)
        Printer.objects.filter(pk=printer.pk).update(**there)
        Job.objects.update(**job)
        assert not self.is_due(printer)

    @pytest.mark.parametrize("printers", [1, 3])
    def test_by_three_statements(
        self, printer: Printer, rung: list[str], printers: int, django_assert_num_queries: Any
    ) -> None:
        for number in range(printers):
            stopped = make_printer(name=f"p{number}")
            asked(stopped, rung)
            Printer.objects.filter(pk=stopped.pk).update(stop_reasons=["offline"])
        with django_assert_num_queries(3):  # stopped, held for media, due
            sweep.watch_printers()


class TestRinging:
    def test_for_a_printer_with_waiting_jobs(self, printer: Printer, rung: list[str]) -> None:
        make_printer(name="idle")
        asked(printer, rung)
        sweep.sweep()
        assert rung == [str(printer.pk)]

    def test_not_while_somebody_works_there(self, printer: Printer, rung: list[str]) -> None:
        asked(printer, rung)
        assert acquire(printer.pk) is not None
        sweep.sweep()
        assert rung == []

    def test_when_the_one_who_worked_there_is_dead(self, printer: Printer, rung: list[str]) -> None:
        asked(printer, rung)
        lease = acquire(printer.pk)
        assert lease is not None
        assert queue.claim_next(lease) is not None
        PrinterLease.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        sweep.sweep()
        assert rung == [str(printer.pk)]

    @pytest.mark.parametrize("closed", [{"paused": True}, {"enabled": False}, {"config_error": "bad"}])
    def test_not_for_a_closed_printer(self, printer: Printer, rung: list[str], closed: dict[str, Any]) -> None:
        asked(printer, rung)
        Printer.objects.filter(pk=printer.pk).update(**closed)
        sweep.sweep()
        assert rung == []

    def test_not_in_its_pause(self, printer: Printer, rung: list[str]) -> None:
        asked(printer, rung)
        PrinterLease.objects.create(printer=printer, not_before=timezone.now() + timedelta(minutes=1))
        sweep.sweep()
        assert rung == []

    def test_when_the_media_that_jobs_wait_for_are_there(self, printer: Printer, rung: list[str]) -> None:
        asked(printer, rung)
        Job.objects.update(state=State.HELD, reasons=[MEDIA_NEEDED])
        status = PrinterStatus.objects.create(
            printer=printer, online=True, last_seen_at=timezone.now(), media_key="tze:24", media_width_mm=24
        )
        sweep.sweep()
        assert rung == []
        status.media_key = "tze:12"
        status.save(update_fields=["media_key"])
        sweep.sweep()
        assert rung == [str(printer.pk)]

    def test_when_a_pause_of_the_job_is_over(self, printer: Printer, rung: list[str]) -> None:
        asked(printer, rung)
        Job.objects.update(state=State.HELD, reasons=[NOT_READY], not_before=timezone.now() - timedelta(seconds=1))
        sweep.sweep()
        assert rung == [str(printer.pk)]

    def test_not_for_what_a_person_holds(self, printer: Printer, rung: list[str]) -> None:
        queue.hold(asked(printer, rung), ANN)
        sweep.sweep()
        assert rung == []


class TestExpiry:
    @pytest.mark.parametrize("held", [False, True])
    def test_it_works_once(self, printer: Printer, rung: list[str], held: bool) -> None:
        job = asked(printer, rung, expires_at=timezone.now() + timedelta(minutes=1))
        if held:
            queue.hold(job, ANN)
        assert sweep.expire() == 0
        later = timezone.now() + timedelta(minutes=2)
        assert (sweep.expire(later), sweep.expire(later)) == (1, 0)
        job.refresh_from_db()
        assert (job.state, job.outcome, job.reasons) == (State.ABORTED, Outcome.NOT_PRINTED, ["hub-expired"])
        assert Event.objects.filter(kind="job.aborted").count() == 1


class TestRetention:
    def test_only_old_and_settled_history_is_forgotten(self, printer: Printer, rung: list[str]) -> None:
        old = timezone.now() - timedelta(days=31)
        for state, outcome, finished in [
            (State.COMPLETED, Outcome.CONFIRMED, old),
            (State.CANCELED, Outcome.NOT_PRINTED, old),
            (State.COMPLETED, Outcome.CONFIRMED, timezone.now()),
            (State.COMPLETED, Outcome.UNKNOWN, old),
            (State.STOPPED, Outcome.UNKNOWN, None),
            (State.PENDING, None, None),
        ]:
            job = asked(printer, rung)
            Job.objects.filter(pk=job.pk).update(state=state, outcome=outcome, finished_at=finished, created_at=old)
        sweep.clean_up()
        assert set(Job.objects.values_list("state", "outcome")) == {
            ("completed", "confirmed"),
            ("completed", "unknown"),
            ("processing-stopped", "unknown"),
            ("pending", None),
        }
        assert Job.objects.count() == 4

    def test_a_batch_goes_with_its_last_job(self, printer: Printer, rung: list[str]) -> None:
        asked(printer, rung, "a", "b")
        old = timezone.now() - timedelta(days=31)
        first, _second = Job.objects.order_by("position")
        Job.objects.filter(pk=first.pk).update(state=State.COMPLETED, finished_at=old)
        sweep.clean_up()
        assert (Job.objects.count(), Batch.objects.count()) == (1, 1)
        Job.objects.update(state=State.COMPLETED, finished_at=old)
        sweep.clean_up()
        assert (Job.objects.count(), Batch.objects.count()) == (0, 0)

    def test_images_age_apart_and_stay_while_they_are_needed(self, printer: Printer, rung: list[str]) -> None:
        done, waiting = asked(printer, rung, "done"), asked(printer, rung, "waiting")
        for job, state in ((done, State.COMPLETED), (waiting, State.STOPPED)):
            sha256 = keep(render_job(job).png)
            os.utime(artifact_path(sha256), (0, 0))
            Job.objects.filter(pk=job.pk).update(artifact=sha256, state=state, finished_at=timezone.now())
        done.refresh_from_db()
        waiting.refresh_from_db()
        sweep.clean_up()
        assert not artifact_path(done.artifact).exists()
        assert artifact_path(waiting.artifact).exists()
        assert Job.objects.count() == 2

    def test_images_that_stay_hold_up_no_others(
        self, printer: Printer, rung: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sweep, "CHUNK", 2)
        for number in range(6):
            job = asked(printer, rung, f"label {number}")
            sha256 = keep(render_job(job).png)
            os.utime(artifact_path(sha256), (0, 0))
            state = State.STOPPED if number % 2 else State.COMPLETED
            Job.objects.filter(pk=job.pk).update(artifact=sha256, state=state, finished_at=timezone.now())
        sweep.clean_up()
        left = [job.state for job in Job.objects.all() if artifact_path(job.artifact).exists()]
        assert left == [State.STOPPED] * 3

    def test_more_history_than_one_chunk_is_forgotten_at_once(
        self, printer: Printer, rung: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sweep, "CHUNK", 2)
        for number in range(5):
            asked(printer, rung, f"label {number}")
        Job.objects.update(state=State.COMPLETED, finished_at=timezone.now() - timedelta(days=31))
        sweep.clean_up()
        assert Job.objects.count() == 0

    def test_the_log_ages_but_keeps_the_story_of_what_is_kept(self, printer: Printer, rung: list[str]) -> None:
        job = asked(printer, rung)
        old = timezone.now() - timedelta(days=31)
        Event.objects.all().delete()
        record("job.pending", printer_id=printer.pk, job_id=job.pk)
        record("printer.status", printer_id=printer.pk)
        Event.objects.update(at=old)
        record("printer.ready", printer_id=printer.pk)
        sweep.clean_up()
        assert sorted(Event.objects.values_list("kind", flat=True)) == ["job.pending", "printer.ready"]

    def test_keys_are_kept_as_long_as_history(self) -> None:
        for days in (1, 31):
            created = timezone.now() - timedelta(days=days)
            IdempotencyKey.objects.create(client="c", key=str(days), body_sha256="x", created_at=created)
        sweep.clean_up()
        assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["1"]


def test_a_heartbeat_is_one_row_that_moves() -> None:
    beat("worker")
    first = Heartbeat.objects.get()
    beat("worker")
    second = Heartbeat.objects.get()
    assert second.name == first.name
    assert second.seen_at > first.seen_at
    assert second.started_at == first.started_at
