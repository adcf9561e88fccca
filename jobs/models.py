import os
import threading
import time
from datetime import datetime
from uuid import UUID, uuid4

from django.conf import settings
from django.db import models
from django.db.models import Expression
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.utils import timezone

from printers.callers import Caller
from printers.models import Event, Printer, Site
from templates_app.models import TemplateVersion

PRIORITY_URGENT, PRIORITY_NORMAL = 10, 50


_newest = 0
_newest_lock = threading.Lock()


def time_ordered_id() -> UUID:
    """A UUIDv7 (RFC 9562 §5.7): new rows go to the end of every index, in the order in which they are made here.

    The 12 bits behind the milliseconds count (§6.2, method 1): the labels of a batch are listed as they came.
    """
    global _newest
    with _newest_lock:
        _newest = max(_newest + 1, time.time_ns() // 1_000_000 << 12)
        stamp = _newest
    noise = int.from_bytes(os.urandom(8), "big") >> 2
    return UUID(int=(stamp >> 12) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64 | 0x2 << 62 | noise)


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


class Pool(models.Model):
    """Printers that stand in for each other: a label goes to the one of them that can print it soonest.

    Its members are those named, and with `every_printer` all of its site, of one `family` where that is given. The
    medium and the colours, where given, have to be loaded in a printer before a label of the pool comes out of it.
    """

    id = models.UUIDField(primary_key=True, default=time_ordered_id, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="pools")
    name = models.SlugField(max_length=100)
    medium = models.CharField(max_length=40, blank=True, default="")
    tape_color = models.CharField(max_length=32, blank=True, default="")
    text_color = models.CharField(max_length=32, blank=True, default="")
    every_printer = models.BooleanField(default=True)
    family = models.CharField(max_length=16, blank=True, default="")
    printers = models.ManyToManyField(Printer, through="PoolMember", related_name="pools", blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("site__key", "name")
        constraints = (models.UniqueConstraint(fields=("site", "name"), name="pool_name_unique_per_site"),)

    def __str__(self) -> str:
        return self.path

    @property
    def path(self) -> str:
        return f"{self.site.key}/{self.name}"


class PoolMember(models.Model):
    """A printer that belongs to a pool by name."""

    pool = models.ForeignKey(Pool, on_delete=models.CASCADE, related_name="members")
    printer = models.ForeignKey(Printer, on_delete=models.CASCADE, related_name="pool_memberships")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("pool", "printer"), name="pool_member_once"),)

    def __str__(self) -> str:
        return f"{self.pool_id}: {self.printer_id}"


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


class Phase(models.TextChoices):
    """How far an attempt came; from SENDING on a label may have come out."""

    CLAIMED = "claimed"
    RENDERED = "rendered"
    CONNECTED = "connected"
    PREFLIGHT_OK = "preflight-ok"
    SENDING = "sending"
    BYTES_ACKED = "bytes-acked"
    PRINTING_SEEN = "printing-seen"
    TERMINAL = "terminal"
    REPORTED = "reported"


class Attempt(models.Model):
    """One try to print a job: the evidence. The row with phase `sending` is the barrier."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="attempts", db_index=False)
    number = models.PositiveIntegerField()
    printer = models.ForeignKey(Printer, on_delete=models.PROTECT, related_name="attempts")
    token = models.BigIntegerField()
    worker = models.CharField(max_length=160, blank=True, default="")
    phase = models.CharField(max_length=16, choices=Phase.choices, default=Phase.CLAIMED)
    stream_sha256 = models.CharField(max_length=64, blank=True, default="")
    bytes_total = models.PositiveIntegerField(default=0)
    bytes_acked = models.PositiveIntegerField(default=0)
    # All copies, with their margins and without the blank at the head.
    tape_mm = models.FloatField(default=0)
    # [{"at_ms": since the barrier, "hex": the 32 bytes, "state": …}], the first and last and every change between
    evidence = models.JSONField(default=list)
    outcome = models.CharField(max_length=16, choices=Outcome.choices, null=True)
    reasons = models.JSONField(default=list)
    message = models.TextField(blank=True, default="")
    started_at = models.DateTimeField(default=timezone.now)
    barrier_at = models.DateTimeField(null=True)
    acked_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("job", "number")
        constraints = (models.UniqueConstraint(fields=("job", "number"), name="attempt_once"),)

    def __str__(self) -> str:
        return f"{self.job_id} #{self.number} {self.phase}"


class JobEvent(Event):
    """The part of the log that tells a job's story; every change of state is one row."""

    class Meta:
        proxy = True


class IdempotencyKey(models.Model):
    """What was answered to a submit, so that the same submit again prints nothing new."""

    client = models.CharField(max_length=80)
    key = models.CharField(max_length=255)
    body_sha256 = models.CharField(max_length=64)
    response = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("client", "key"), name="idempotency_key_once"),)

    def __str__(self) -> str:
        return f"{self.client}: {self.key}"


class PrinterLease(models.Model):
    """Who may write to a printer now. The token only grows; times are the database's."""

    printer = models.OneToOneField(Printer, on_delete=models.CASCADE, primary_key=True, related_name="lease")
    token = models.BigIntegerField(default=0)
    owner = models.CharField(max_length=160, blank=True, default="")
    expires_at = models.DateTimeField(default=timezone.now)
    # The printer is left alone until then: it refused, or it needs a pause between two connections.
    not_before = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    # Whose labels it printed last, and how many in a row (jobs/queue/turns.py).
    served_to = models.CharField(max_length=160, blank=True, default="", db_default="")
    served = models.PositiveIntegerField(default=0, db_default=0)
    # The medium of a strip whose last label was not sent: what is printed of it has to be fed out and cut off.
    open_strip = models.CharField(max_length=40, blank=True, default="", db_default="")

    def __str__(self) -> str:
        return f"{self.printer_id}: {self.token} {self.owner}"


class Heartbeat(models.Model):
    """A live worker or beat says so here; readiness believes nothing else."""

    name = models.CharField(max_length=160, primary_key=True)
    role = models.CharField(max_length=16)
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.role} {self.name}"


class Epoch(models.Model):
    """How far this database has come, in one row; jobs/epoch.py keeps its like outside, to notice a restore."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    # Of this database and what was restored from it.
    lineage = models.UUIDField(default=uuid4)
    # Only grows while it lives; below zero in a copy that is a backup.
    number = models.BigIntegerField(default=0)
    # Nothing prints since then, until somebody releases it.
    held_since = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.lineage} {self.number}"
