"""A label that was made ready while another was printed is claimed as it crosses the barrier, or nothing changes."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs import queue
from jobs.dispatch import drain
from jobs.errors import NotAllowed
from jobs.lease import Lease
from jobs.models import Attempt, Job, Outcome, Phase, PrinterLease, State
from jobs.queue.turns import TURN_LABELS
from printers.callers import Caller
from printers.emulator import EmulatedPrinter
from printers.models import Event, Printer
from printers.together import Done, Stage, in_turn
from tests.jobs.labels import ANN, ask, make_printer, make_template, moves, one
from tests.jobs.test_queue import together

pytestmark = pytest.mark.django_db(transaction=True)

BOB = Caller(label="bob")


@pytest.fixture
def printer() -> Printer:
    make_template()
    return make_printer()


def ready(lease: Lease) -> tuple[Job, Attempt]:
    job = queue.next_job(lease)
    assert job is not None
    attempt = queue.first_attempt(job, lease)
    assert attempt is not None
    return job, attempt


def begin(job: Job, attempt: Attempt, lease: Lease, printer: Printer) -> bool:
    beginning = queue.Beginning(job, attempt, lease, printer)
    [done] = in_turn(beginning.stage())
    return beginning.happened(done)


def test_it_works(printer: Printer, lease: Lease) -> None:
    ask(printer, "a", "b")
    job, attempt = ready(lease)
    attempt.bytes_total, attempt.evidence = 77, [{"at_ms": 0}]
    assert begin(job, attempt, lease, printer)
    known, tried = Job.objects.get(pk=job.pk), Attempt.objects.get()
    assert (known.state, known.token) == (State.PROCESSING, lease.token)
    assert known.started_at is not None
    assert known.barrier_at is not None
    assert (tried.pk, tried.number, tried.phase, tried.token) == (attempt.pk, 1, Phase.SENDING, lease.token)
    assert (tried.bytes_total, tried.evidence) == (77, [{"at_ms": 0}])
    assert moves(job) == [(None, "pending"), ("pending", "processing")]
    assert Event.objects.get(kind="job.sending").data == {"attempt": 1, "bytes": 77}
    with pytest.raises(NotAllowed):
        queue.cancel(known, ANN)
    assert queue.complete(job, attempt, Outcome.CONFIRMED, ["job-completed-successfully"])


def paused(printer: Printer, _job: Job) -> None:
    Printer.objects.update(paused=True)


def changed(printer: Printer, _job: Job) -> None:
    Printer.objects.get().save(update_fields=["updated_at"])


def canceled(_printer: Printer, job: Job) -> None:
    queue.cancel(Job.objects.get(pk=job.pk), ANN)


def held(_printer: Printer, job: Job) -> None:
    queue.hold(Job.objects.get(pk=job.pk), ANN)


def moved(_printer: Printer, job: Job) -> None:
    queue.move(Job.objects.get(pk=job.pk), ANN, make_printer(name="other"))


def drawn_for_other_media(_printer: Printer, job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(medium="tze:24")


def expired(_printer: Printer, job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def less_urgent(_printer: Printer, job: Job) -> None:
    queue.set_priority(Job.objects.get(pk=job.pk), ANN, 90)


def somebody_urgent(printer: Printer, _job: Job) -> None:
    ask(printer, "now", caller=BOB, priority=10)


def one_before_it(_printer: Printer, job: Job) -> None:
    Job.objects.filter(position=2).update(created_at=job.created_at - timedelta(seconds=1))


def turn_over(_printer: Printer, _job: Job) -> None:
    PrinterLease.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def overtaken(_printer: Printer, _job: Job) -> None:
    PrinterLease.objects.update(token=100)


@pytest.mark.parametrize(
    "happens",
    [
        paused, changed, canceled, held, moved, drawn_for_other_media, expired, less_urgent, somebody_urgent,
        one_before_it, turn_over, overtaken,
    ],
)  # fmt: skip
def test_nothing_begins_when_something_came_between(
    printer: Printer, lease: Lease, happens: Callable[[Printer, Job], None]
) -> None:
    ask(printer, "a", "b", "c")
    job, attempt = ready(lease)
    printer.refresh_from_db()
    happens(printer, job)
    before = Job.objects.filter(pk=job.pk).values().get()
    assert not begin(job, attempt, lease, printer)
    assert Job.objects.filter(pk=job.pk).values().get() == before
    assert attempt.pk is None
    assert not Attempt.objects.exists()
    assert not Event.objects.filter(kind__in=["job.sending", "job.processing"]).exists()
    assert lease.mine is (happens not in {turn_over, overtaken})


def test_somebody_else_who_waits_does_not_keep_it_back(printer: Printer, lease: Lease) -> None:
    ask(printer, "a", "b", caller=BOB)
    job, attempt = ready(lease)
    ask(printer, "c", caller=ANN)
    assert begin(job, attempt, lease, printer)


def test_one_that_was_tried_before_is_claimed_first(printer: Printer, lease: Lease) -> None:
    ask(printer)
    claimed = queue.claim_next(lease)
    assert claimed is not None
    queue.requeue(*claimed, [], "", died=True)
    job = queue.next_job(lease)
    assert job is not None
    assert queue.first_attempt(job, lease) is None


def test_beginning_and_cancel_at_once_never_both_succeed(printer: Printer, lease: Lease) -> None:
    for _ in range(15):
        job = one(ask(printer))
        found, attempt = ready(lease)
        begun, refused = together(partial(begin, found, attempt, lease, printer), partial(queue.cancel, job, ANN))
        job.refresh_from_db()
        assert begun is isinstance(refused, NotAllowed)
        assert (job.state == State.CANCELED) is not begun
        assert job.attempts.exists() is begun
        if begun:
            assert queue.complete(found, attempt, Outcome.CONFIRMED, ["job-completed-successfully"])


def test_what_is_next_is_asked_once_for_a_turn(printer: Printer, lease: Lease) -> None:
    ask(printer, *map(str, range(TURN_LABELS + 3)), caller=BOB)
    ask(printer, "c", caller=Caller(label="cat"))
    claimed = queue.claim_next(lease)
    assert claimed is not None
    job, words = claimed[0], []
    with CaptureQueriesContext(connection) as asked:
        while (behind := queue.job_behind(lease, job)) is not None and behind.requested_by == "bob":
            # It begins.
            Job.objects.filter(pk=job.pk).update(state=State.COMPLETED)
            job = queue.take_ahead(lease) or job
            words.append(job.fields["word"])
    assert words == [str(n) for n in range(1, TURN_LABELS)]
    assert behind is not None
    assert behind.requested_by == "cat"
    # The first came with the claim; then the others of the turn, and whose turn is next.
    assert [each["sql"].split()[0] for each in asked.captured_queries].count("SELECT") == 2


def test_a_label_of_a_batch_is_one_statement(device: EmulatedPrinter) -> None:
    make_template()
    printer = make_printer(device)
    spent = []
    for labels in (3, 8):
        ask(printer, *map(str, range(labels)))
        with CaptureQueriesContext(connection) as asked:
            drain(printer.pk)
        kinds = [each["sql"].split()[0] for each in asked.captured_queries]
        spent.append((kinds.count("SELECT"), kinds.count("WITH")))
    assert Job.objects.filter(outcome=Outcome.CONFIRMED).count() == 11
    assert spent[1][0] - spent[0][0] <= 1, "nothing is read for it"
    # It begins with the end of the one before it; SQLite takes the parts one by one.
    assert spent[1][1] - spent[0][1] == (5 if connection.vendor == "postgresql" else 0)


@pytest.mark.parametrize("written", [False, True])
def test_the_answer_to_an_end_and_a_beginning_is_lost(
    device: EmulatedPrinter, monkeypatch: pytest.MonkeyPatch, written: bool
) -> None:
    lost: list[object] = []

    def lose_the_first(*stages: Stage) -> list[Done]:
        if len(stages) < 2 or lost:
            return in_turn(*stages)
        lost.append(in_turn(*stages) if written else None)
        raise OperationalError("the connection broke")

    monkeypatch.setattr("jobs.queue.change.in_turn", lose_the_first)
    monkeypatch.setattr("jobs.dispatch.reporting.STEP_S", 0.0)
    make_template()
    printer = make_printer(device)
    ask(printer, "a", "b", "c")
    drain(printer.pk)
    assert len(lost) == 1
    ends = list(Job.objects.order_by("position").values_list("outcome", flat=True))
    # The second has begun, and its first byte may have left, as far as anybody else knows.
    assert ends == [Outcome.CONFIRMED, Outcome.UNKNOWN if written else Outcome.CONFIRMED, Outcome.CONFIRMED]
    printed = [each.raster.sha256 for each in device.labels if each.raster.black.getextrema() != (255, 255)]
    expected = Job.objects.filter(outcome=Outcome.CONFIRMED).order_by("position").values_list("artifact", flat=True)
    assert printed == list(expected)
    assert PrinterLease.objects.get().open_strip == ""


def test_the_turn_ends_with_a_label_behind_which_nothing_waits(device: EmulatedPrinter) -> None:
    make_template()
    printer = make_printer(device)
    with CaptureQueriesContext(connection) as asked:
        ask(printer)
        drain(printer.pk)
    lease = PrinterLease.objects.get()
    assert (lease.owner, lease.served_to, lease.served) == ("", "ann", 1)
    assert lease.expires_at <= timezone.now()
    given_back = [at for at, each in enumerate(asked.captured_queries) if '"served_to" = ' in each["sql"]]
    ended = [at for at, each in enumerate(asked.captured_queries) if '"ended_at" = ' in each["sql"]]
    assert len(given_back) == len(ended) == 1
    # The same statement, or the next one of the same transaction.
    assert given_back[0] - ended[0] == (0 if connection.vendor == "postgresql" else 1)
