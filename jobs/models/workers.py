from django.db import models
from django.utils import timezone

from printers.models import Printer


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
