"""Who is next: urgent first, and nobody waits for the end of somebody else's batch."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs import queue
from jobs.dispatch import drain
from jobs.lease import Lease, acquire
from jobs.models import Job, Outcome, PrinterLease, State
from jobs.queue.turns import TURN_LABELS
from printers.callers import Caller
from printers.emulator import EmulatedPrinter
from printers.models import Printer
from templates_app.models import TemplateVersion
from tests.databases import plan_of
from tests.jobs.labels import ANN, ask, make_printer, make_template

pytestmark = pytest.mark.django_db(transaction=True)

BOB, CAT = Caller(label="bob"), Caller(label="cat")


@pytest.fixture
def printer() -> Printer:
    make_template()
    return make_printer()


def turn_at(printer: Printer) -> Lease:
    lease = acquire(printer.pk)
    assert lease is not None
    return lease


def served(lease: Lease, most: int = 1000) -> list[str]:
    """Whose labels would print, in order; each is given up at once."""
    found: list[str] = []
    while len(found) < most and (claimed := queue.claim_next(lease)) is not None:
        found.append(claimed[0].requested_by)
        queue.abort(*claimed, ["aborted-by-system"], "")
    return found


def in_runs(labels: list[str]) -> list[tuple[str, int]]:
    runs: list[tuple[str, int]] = []
    for label in labels:
        count = runs.pop()[1] if runs and runs[-1][0] == label else 0
        runs.append((label, count + 1))
    return runs


def test_a_batch_does_not_starve_others(printer: Printer) -> None:
    ask(printer, *[f"b{n}" for n in range(25)], caller=BOB)
    ask(printer, "a", caller=ANN)
    ask(printer, *[f"c{n}" for n in range(12)], caller=CAT)
    assert in_runs(served(turn_at(printer))) == [
        ("ann", 1), ("bob", 10), ("cat", 10), ("bob", 10), ("cat", 2), ("bob", 5),
    ]  # fmt: skip


def test_each_is_served_in_order(printer: Printer) -> None:
    ask(printer, "1", "2", "3", caller=BOB)
    ask(printer, "4", caller=BOB)
    lease, words = turn_at(printer), []
    while (claimed := queue.claim_next(lease)) is not None:
        words.append(claimed[0].fields["word"])
        queue.abort(*claimed, ["aborted-by-system"], "")
    assert words == ["1", "2", "3", "4"]


def test_urgent_is_first_whoever_has_the_turn(printer: Printer) -> None:
    ask(printer, *"abcdef", caller=BOB)
    lease = turn_at(printer)
    assert served(lease, 3) == ["bob"] * 3
    ask(printer, "now", caller=CAT, priority=10)
    assert served(lease) == ["cat", "bob", "bob", "bob"]


def test_copies_count_as_labels(printer: Printer) -> None:
    ask(printer, "many", "more", caller=BOB, copies=TURN_LABELS)
    ask(printer, "a", "b", caller=CAT)
    assert in_runs(served(turn_at(printer))) == [("bob", 1), ("cat", 2), ("bob", 1)]


def test_a_turn_goes_on_in_the_next_process(printer: Printer) -> None:
    ask(printer, *[str(n) for n in range(9)], caller=BOB)
    lease = turn_at(printer)
    assert served(lease, 7) == ["bob"] * 7
    lease.release()
    assert PrinterLease.objects.values_list("served_to", "served").get() == ("bob", 7)
    ask(printer, *[str(n) for n in range(9)], caller=BOB)
    ask(printer, "c", caller=CAT)
    assert in_runs(served(turn_at(printer)))[:2] == [("bob", 3), ("cat", 1)]


def test_to_ask_who_is_next_changes_nothing(printer: Printer) -> None:
    ask(printer, "b", caller=BOB)
    lease = turn_at(printer)
    assert [queue.next_job(lease) == Job.objects.get() for _ in range(3)] == [True] * 3
    assert (lease.served_to, lease.served) == ("", 0)


def test_a_job_of_another_printer_with_the_same_token_is_left_alone(printer: Printer) -> None:
    other = make_printer(name="other")
    ask(printer, "a")
    lease, other_lease = turn_at(printer), turn_at(other)
    assert lease.token == other_lease.token
    job = queue.next_job(lease)
    assert job is not None
    claimed = queue.claim_next(lease)
    assert claimed is not None
    Job.objects.update(printer=other)
    assert not queue.cross_barrier(*claimed, lease)


def test_labels_come_out_in_turn(device: EmulatedPrinter) -> None:
    make_template()
    printer = make_printer(device)
    ask(printer, *[f"b{n}" for n in range(12)], caller=BOB)
    ask(printer, "mine", caller=CAT)
    drain(printer.pk)
    by_end = Job.objects.order_by("finished_at").values_list("requested_by", flat=True)
    assert in_runs(list(by_end)) == [("bob", 10), ("cat", 1), ("bob", 2)]
    assert len(device.labels) == 13


def test_ten_thousand_waiting_are_not_looked_through(printer: Printer) -> None:
    version = TemplateVersion.objects.get()
    Job.objects.bulk_create(
        [
            Job(printer=printer, template_version=version, requested_by=who, fields={"word": str(n)}, position=n)
            for who in ("bob", "cat")
            for n in range(5000)
        ],
        batch_size=1000,
    )
    lease = turn_at(printer)
    lease.served_to, lease.served = "bob", TURN_LABELS
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with CaptureQueriesContext(connection) as asked:
        found = queue.next_job(lease)
    assert found is not None
    assert (found.requested_by, found.position, len(asked)) == ("cat", 0, 1)
    plan = plan_of(asked.captured_queries[0]["sql"])
    assert plan.count("job_in_turn") == 2, plan
    assert "sort" not in plan.lower(), plan
    assert "b-tree" not in plan.lower(), plan


def test_it_is_found_by_its_printer_when_the_statistics_know_of_none_that_waits(printer: Printer) -> None:
    version = TemplateVersion.objects.get()
    done = {"state": State.COMPLETED, "outcome": Outcome.CONFIRMED}
    printers = [printer, *(make_printer(name=f"other-{n}") for n in range(9))]
    Job.objects.bulk_create(
        [Job(printer=each, template_version=version, **done) for _ in range(300) for each in printers], batch_size=1000
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    ask(printer, "here")
    with CaptureQueriesContext(connection) as asked:
        assert queue.next_job(turn_at(printer)) is not None
    plan = plan_of(asked.captured_queries[-1]["sql"])
    assert plan.count("job_in_turn") == 2, plan
    assert "job_by_state" not in plan, plan
