"""What the commands share: who asks, how a job, batch or printer is named, and refusals as one readable error."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.core.management.base import CommandError

from jobs.errors import UnknownJob
from jobs.models import Job
from printers.callers import HUB, Caller
from printers.errors import HubError

# Whoever may start commands on the machine may do everything.
OPERATOR = Caller(label="command line", scopes=HUB.scopes)


@contextmanager
def told() -> Iterator[None]:
    """Refusals of the hub as the command's own error, every problem on a line."""
    try:
        yield
    except HubError as error:
        lines = [error.detail, *(f"  {p.pointer}: {p.message}" for p in error.problems if p.message != error.detail)]
        raise CommandError("\n".join(lines)) from error


def job_named(text: str) -> Job:
    """Raises UnknownJob."""
    try:
        job = Job.objects.select_related("printer", "template_version").filter(pk=UUID(text)).first()
    except ValueError:
        job = None
    if job is None:
        raise UnknownJob(f"There is no job {text[:80]}.")
    return job
