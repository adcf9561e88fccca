"""Held jobs that need nobody: what they wait for comes, and they go."""

from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from jobs import queue
from jobs.models import Job
from jobs.pools import fits_loaded
from jobs.states import HELD, MEDIA_NEEDED, NOT_READY
from printers.statements import Select, given

NOT_READY_PAUSE = timedelta(seconds=30)
MOST_AT_ONCE = 500


def release_fitting(printer_id: UUID, medium_key: str | None) -> int:
    """Let go of the jobs that wait for what is loaded now, and of those whose pause is over."""
    # No job is for a medium without a name.
    held = HELD_HERE.run(printer=printer_id, now=timezone.now(), medium=medium_key or "-")
    may_go_on = (job for job in held if job.reasons in ([MEDIA_NEEDED], [NOT_READY]))
    return sum(queue.unhold(job) for job in may_go_on if _has_its_colours(job))


HELD_HERE = Select(
    lambda: Job.objects.filter(
        Q(**given(Job, {"not_before__lte": "now"})) | Q(**given(Job, {"medium": "medium"}), not_before=None),
        state=HELD,
        **given(Job, {"printer_id": "printer"}),
    ).order_by("created_at", "position", "id")[:MOST_AT_ONCE]
)


def _has_its_colours(job: Job) -> bool:
    """A pool may want more of a tape than its width."""
    return job.pool is None or job.reasons != [MEDIA_NEEDED] or fits_loaded(job.pool, job.printer)
