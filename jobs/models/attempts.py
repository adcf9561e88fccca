from django.db import models
from django.utils import timezone

from jobs.models.jobs import Job, Outcome
from printers.models import Printer


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
