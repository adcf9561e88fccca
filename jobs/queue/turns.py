"""Whose label is next at a printer: urgent first; among equals those who ask take turns, each served in order.

A turn is TURN_LABELS labels of one person or script, so that neither a strip is cut apart for every second label nor a
batch of thousands is waited for. Who asks next is found by a step in an index, however many labels wait.
"""

from django.db.models import Exists, Q, Subquery
from django.utils import timezone

from jobs.lease import Lease
from jobs.models import Job
from printers.models import Printer

TURN_LABELS = 10


def next_job(lease: Lease) -> Job | None:
    """The job that has its turn now; None where nothing may be printed. Changes nothing, so it may be asked any time.

    Whoever keeps a strip open sees by it whether the strip goes on: the next job is of the same batch, or it ends.
    """
    waiting = Job.objects.waiting(timezone.now()).filter(printer_id=lease.printer_id)
    # No join: the order of the index would be lost.
    prints = Exists(Printer.objects.filter(pk=lease.printer_id, enabled=True, paused=False, config_error=""))
    most_urgent = waiting.order_by("priority").values("priority")[:1]
    equals = waiting.filter(prints, priority=Subquery(most_urgent)).order_by(
        "requested_by", "created_at", "position", "id"
    )
    over = lease.served >= TURN_LABELS
    after = Q(requested_by__gt=lease.served_to) if over else Q(requested_by__gte=lease.served_to)
    return equals.filter(after).first() or equals.first()


def note_served(lease: Lease, job: Job) -> None:
    """It is kept with the lease, and by the database when that is released: a crash costs one turn its fairness."""
    if job.requested_by != lease.served_to:
        lease.served_to, lease.served = job.requested_by, 0
    elif lease.served >= TURN_LABELS:
        lease.served = 0
    lease.served += job.copies
