"""Whose label is next at a printer: urgent first; among equals those who ask take turns, each served in order.

A turn is TURN_LABELS labels of one person or script, so that neither a strip is cut apart for every second label nor a
batch of thousands is waited for. Who asks next is found by a step in an index, however many labels wait.
"""

from django.db.models import Exists, Q, QuerySet, Subquery
from django.utils import timezone

from jobs.lease import Lease
from jobs.models import Job
from printers.models import Printer
from printers.statements import Select, given

TURN_LABELS = 10


def next_job(lease: Lease) -> Job | None:
    """The job that has its turn now, None where nothing may be printed. It may be asked any time."""
    found = _found(lease, SOONEST)
    lease.ahead, lease.none_behind = _in_turn(lease, found), len(found) < 2
    return lease.ahead.pop(0) if lease.ahead else None


def job_behind(lease: Lease, job: Job) -> Job | None:
    """What `next_job` would say if `job`, which was given last, were claimed.

    It is what was so when it was asked: `begin` sees in its own statement whether it still is.
    """
    if not lease.ahead:
        lease.ahead = _in_turn(lease, [each for each in _found(lease, AHEAD) if each.pk != job.pk])
    return lease.ahead[0] if lease.ahead else None


def take_ahead(lease: Lease) -> Job | None:
    """What `job_behind` said, to `begin` with it. It counts as served; where it then cannot begin, the turn is the
    shorter by it.
    """
    if not lease.ahead:
        return None
    job = lease.ahead.pop(0)
    note_served(lease, job)
    return job


def _found(lease: Lease, which: "_Next") -> list[Job]:
    asked = {"now": timezone.now(), "printer": lease.printer_id, "served_to": lease.served_to}
    if not lease.served_to and lease.served < TURN_LABELS:
        return which.anybodys.run(**asked)
    theirs = which.others if lease.served >= TURN_LABELS else which.same_or_others
    return theirs.run(**asked) or which.anybodys.run(**asked)


def _in_turn(lease: Lease, found: list[Job]) -> list[Job]:
    """Of one person or script, and no more than are left of their turn."""
    kept: list[Job] = []
    served = lease.served
    for job in found:
        if not kept and (job.requested_by != lease.served_to or served >= TURN_LABELS):
            served = 0
        if served >= TURN_LABELS or (kept and job.requested_by != kept[0].requested_by):
            break
        served += job.copies
        kept.append(job)
    return kept


def _equals() -> QuerySet[Job]:
    """Who is most urgent, in the order in which people are served."""
    [(_, now)] = given(Job, {"not_before": "now"}).items()
    printer = given(Job, {"printer_id": "printer"})
    waiting = Job.objects.waiting(now).filter(**printer)
    # No join: the order of the index would be lost.
    prints = Exists(
        Printer.objects.filter(enabled=True, paused=False, config_error="", **given(Printer, {"id": "printer"}))
    )
    most_urgent = waiting.order_by("priority").values("priority")[:1]
    equals = waiting.filter(prints, priority=Subquery(most_urgent))
    return equals.order_by("requested_by", "created_at", "position", "id")


class _Next:
    """The next so many in the order in which people are served, after whoever had the last turn."""

    def __init__(self, most: int) -> None:
        self.others = Select(lambda: _equals().filter(**given(Job, {"requested_by__gt": "served_to"}))[:most])
        self.same_or_others = Select(lambda: _equals().filter(**given(Job, {"requested_by__gte": "served_to"}))[:most])
        self.anybodys = Select(lambda: _equals()[:most])


# With the one behind it, by which is seen whether anybody waits; or those of a batch that go over one connection.
SOONEST, AHEAD = _Next(2), _Next(TURN_LABELS)


def is_first() -> Q:
    """Nobody is more urgent, and nothing that was asked for by the same (`asked_by`) comes before it."""
    of_the_same = _equals().filter(**given(Job, {"requested_by": "asked_by"}))
    return Q(pk=Subquery(of_the_same.values("pk")[:1]))


def note_served(lease: Lease, job: Job) -> None:
    """It is kept with the lease, and by the database when that is released: a crash costs one turn its fairness."""
    if job.requested_by != lease.served_to:
        lease.served_to, lease.served = job.requested_by, 0
    elif lease.served >= TURN_LABELS:
        lease.served = 0
    lease.served += job.copies
