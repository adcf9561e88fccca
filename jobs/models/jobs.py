from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Expression
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.utils import timezone

from jobs.models.ids import time_ordered_id
from jobs.models.pools import Pool
from printers.callers import Caller
from printers.models import Event, Printer
from templates_app.models import TemplateVersion

PRIORITY_URGENT, PRIORITY_NORMAL = 10, 50


class State(models.TextChoices):
    """IPP's job states (RFC 8011 §5.3.7)."""

    PENDING = "pending"
    HELD = "pending-held"
    PROCESSING = "processing"
    STOPPED = "processing-stopped"
    COMPLETED = "completed"
    CANCELED = "canceled"
    ABORTED = "aborted"


class Outcome(models.TextChoices):
    """What is known of the label itself."""

    CONFIRMED = "confirmed"
    SENT = "sent"
    UNKNOWN = "unknown"
    NOT_PRINTED = "not_printed"


class Batch(models.Model):
    """Labels that were asked for together and keep their order."""

    id = models.UUIDField(primary_key=True, default=time_ordered_id, editable=False)
    printer = models.ForeignKey(Printer, on_delete=models.PROTECT, null=True, related_name="batches")
    total = models.PositiveIntegerField(default=0)
    options = models.JSONField(default=dict)
    requested_by = models.CharField(max_length=160, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "batches"

    def __str__(self) -> str:
        return f"batch {self.id}"


def in_state(state: str) -> models.Q:
    """As no index but `job_in_turn` has it: for jobs of one printer, or one that is known by its id.

    Nearly all jobs are done, so PostgreSQL believes that `job_by_state` finds them as soon, and reads there what is in
    that state at all printers, for every label.
    """
    return models.Q(Exact(Lower("state"), str(state)))


WAITS = in_state(State.PENDING)


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, caller: Caller) -> "JobQuerySet":
        return self.filter(printer_id__in=caller.printer_ids) if caller.printer_ids else self

    def waiting(self, now: datetime | Expression) -> "JobQuerySet":
        """What could be printed at `now`, first come first."""
        return (
            self.filter(WAITS)
            .filter(models.Q(not_before=None) | models.Q(not_before__lte=now))
            .order_by("priority", "created_at", "position", "id")
        )


class Job(models.Model):
    """One label (in `copies`) for one printer. Its state changes in jobs/queue.py only."""

    id = models.UUIDField(primary_key=True, default=time_ordered_id, editable=False)
    # No foreign key has an index of its own: each would be written anew with every change of state.
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, null=True, related_name="jobs", db_index=False)
    position = models.PositiveIntegerField(default=0)
    printer = models.ForeignKey(Printer, on_delete=models.PROTECT, related_name="jobs", db_index=False)
    # It was asked of a pool: until its first byte leaves it may go to another printer of that, and says why it is here.
    pool = models.ForeignKey(Pool, on_delete=models.SET_NULL, null=True, related_name="jobs", db_index=False)
    placement = models.CharField(max_length=300, blank=True, default="", db_default="")
    template_version = models.ForeignKey(
        TemplateVersion, on_delete=models.PROTECT, null=True, related_name="jobs", db_index=False
    )
    template_key = models.CharField(max_length=120, blank=True, default="")
    fields = models.JSONField(default=dict)
    copies = models.PositiveIntegerField(default=1)
    options = models.JSONField(default=dict)
    # The medium that it was laid out for; another one loaded means waiting, not printing.
    medium = models.CharField(max_length=40, blank=True, default="")
    priority = models.PositiveSmallIntegerField(default=PRIORITY_NORMAL)
    state = models.CharField(max_length=20, choices=State.choices, default=State.PENDING)
    reasons = models.JSONField(default=list)
    message = models.TextField(blank=True, default="")
    outcome = models.CharField(max_length=16, choices=Outcome.choices, null=True)
    artifact = models.CharField(max_length=64, blank=True, default="")
    deaths = models.PositiveSmallIntegerField(default=0)
    # The lease token under which it is being processed.
    token = models.BigIntegerField(null=True)
    # The barrier: from here on a label may have come out. Cancel and barrier update this one row, so one of them loses.
    barrier_at = models.DateTimeField(null=True)
    # What “today” means on the label; a reprint keeps its original's.
    render_time = models.DateTimeField(default=timezone.now)
    reprint_of = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, related_name="reprints", db_index=False
    )
    requested_by = models.CharField(max_length=160, blank=True, default="")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    api_token = models.ForeignKey(
        "accounts.ApiToken", on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    source_address = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    not_before = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # What an import brought along and this hub has no column for.
    legacy = models.JSONField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(fields=("-created_at", "-id"), name="job_newest"),
            models.Index(fields=("state", "-created_at", "-id"), name="job_by_state"),
            models.Index(fields=("printer", "-created_at", "-id"), name="job_by_printer"),
            models.Index(fields=("template_key", "-created_at", "-id"), name="job_by_template"),
            models.Index(
                fields=("outcome", "-created_at", "-id"),
                name="job_with_outcome",
                condition=models.Q(outcome__isnull=False),
            ),
            models.Index(fields=("requested_by", "-created_at", "-id"), name="job_by_requester"),
            models.Index(
                fields=("batch", "-created_at", "-id"), name="job_by_batch", condition=models.Q(batch__isnull=False)
            ),
            models.Index(
                fields=("printer", "priority", "requested_by", "created_at", "position", "id"),
                name="job_in_turn",
                condition=WAITS,
            ),
            models.Index(
                fields=("printer", "pool"),
                name="job_of_pool",
                condition=models.Q(pool__isnull=False, state__in=["pending", "pending-held"]),
            ),
            models.Index(fields=("pool",), name="job_by_pool", condition=models.Q(pool__isnull=False)),
            models.Index(fields=("reprint_of",), name="job_by_original", condition=models.Q(reprint_of__isnull=False)),
            models.Index(fields=("user",), name="job_by_user", condition=models.Q(user__isnull=False)),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("printer",), condition=models.Q(state="processing"), name="one_job_in_processing_per_printer"
            ),
        )

    def __str__(self) -> str:
        return f"job {self.id}"


class JobEvent(Event):
    """The part of the log that tells a job's story; every change of state is one row."""

    class Meta:
        proxy = True
