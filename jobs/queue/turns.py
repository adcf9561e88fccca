"""Whose label is next at a printer: urgent first; among equals those who ask take turns, each served in order.

A turn is TURN_LABELS labels of one person or script, so that neither a strip is cut apart for every second label nor a
batch of thousands is waited for. Who asks next is found by a step in an index, however many labels wait.
"""

from django.db.models import Exists, QuerySet, Subquery
from django.utils import timezone

from jobs.lease import Lease
from jobs.models import Job
from printers.models import Printer
from printers.statements import Select, given

TURN_LABELS = 10


def next_job(lease: Lease) -> Job | None:
    """The job that has its turn now, None where nothing may be printed. It may be asked any time."""
    asked = {"now": timezone.now(), "printer": lease.printer_id, "served_to": lease.served_to}
    if not lease.served_to and lease.served < TURN_LABELS:
        found = ANYBODYS.run(**asked)
    else:
        theirs = OTHERS if lease.served >= TURN_LABELS else SAME_OR_OTHERS
        found = theirs.run(**asked) or ANYBODYS.run(**asked)
    lease.behind = found[1] if len(found) > 1 else None
    return found[0] if found else None


def job_behind(lease: Lease) -> Job | None:
    """What `next_job` would say now that the one it gave last is claimed.

    Whoever keeps a strip open sees by it whether the strip goes on: the next job is of the same batch, or it ends.
    """
    behind, lease.behind = lease.behind, None
    # The others have their turn now; or it was the last one of its urgency.
    return next_job(lease) if behind is None or lease.served >= TURN_LABELS else behind


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


OTHERS = Select(lambda: _equals().filter(**given(Job, {"requested_by__gt": "served_to"}))[:2])
SAME_OR_OTHERS = Select(lambda: _equals().filter(**given(Job, {"requested_by__gte": "served_to"}))[:2])
ANYBODYS = Select(lambda: _equals()[:2])


def note_served(lease: Lease, job: Job) -> None:
    """It is kept with the lease, and by the database when that is released: a crash costs one turn its fairness."""
    if job.requested_by != lease.served_to:
        lease.served_to, lease.served = job.requested_by, 0
    elif lease.served >= TURN_LABELS:
        lease.served = 0
    lease.served += job.copies
