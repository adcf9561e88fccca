from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from printers.identity import handle_expression, queue_path_fits


class Site(models.Model):
    """A place with printers: a building, a workshop, a lab. Handles are unique within it."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    key = models.SlugField(unique=True)
    title = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        ordering = ("key",)

    def __str__(self) -> str:
        return self.title or self.key


class Printer(models.Model):
    """A device that prints labels (or is only watched, when it has neither name nor queue path)."""

    class Source(models.TextChoices):
        CONFIGURATION = "configuration"
        PERSON = "person"
        DEMO = "demo"

    class ErrorPolicy(models.TextChoices):
        """What becomes of the printer and of its label when that fails, by CUPS's names."""

        RETRY_CURRENT_JOB = "retry-current-job"
        STOP_PRINTER = "stop-printer"
        ABORT_JOB = "abort-job"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="printers")
    name = models.CharField(max_length=200, blank=True, default="")
    queue_path = models.CharField(max_length=1000, blank=True, default="")
    handle = models.GeneratedField(
        expression=handle_expression(), output_field=models.CharField(max_length=1000, null=True), db_persist=True
    )
    model = models.CharField(max_length=64)
    host = models.CharField(max_length=253)
    port = models.PositiveIntegerField(default=9100, validators=[MinValueValidator(1), MaxValueValidator(65535)])
    snmp_port = models.PositiveIntegerField(default=161, validators=[MinValueValidator(1), MaxValueValidator(65535)])
    snmp_community = models.CharField(max_length=120, default="public")
    # What lies in it as far as a person says so; used while no status can tell.
    media = models.CharField(max_length=40, blank=True, default="")
    enabled = models.BooleanField(default=True)
    disabled_reason = models.CharField(max_length=300, blank=True, default="")
    paused = models.BooleanField(default=False)
    # Set by the queue when the device needs a person; cleared when its status says ready and it may print.
    stop_reasons = models.JSONField(default=list, blank=True)
    stop_message = models.TextField(blank=True, default="")
    config_error = models.TextField(blank=True, default="")
    source = models.CharField(max_length=16, choices=Source.choices, default=Source.PERSON)
    error_policy = models.CharField(max_length=24, choices=ErrorPolicy.choices, default=ErrorPolicy.RETRY_CURRENT_JOB)
    # By medium, {"along_mm": …, "across_mm": …}: where its labels come out is not quite where they should.
    calibration = models.JSONField(
        default=dict, blank=True, db_default=models.Value({}, output_field=models.JSONField())
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("site__key", "name", "id")
        # The constraint holds the expression, so that forms check it; look-ups go by the column and its own index.
        constraints = (models.UniqueConstraint(handle_expression(), "site", name="printer_handle_unique_per_site"),)
        indexes = (models.Index(fields=("handle", "site"), name="printer_by_handle"),)

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        if not queue_path_fits(self.queue_path):
            raise ValidationError({"queue_path": _("A queue path begins with a slash and does not end in one.")})

    @property
    def title(self) -> str:
        return self.handle or f"{self.model} at {self.host}"

    @property
    def path(self) -> str:
        """`site/handle`, what people and scripts call it; the id where it has no handle."""
        return f"{self.site.key}/{self.handle}" if self.handle else str(self.id)

    @property
    def stays_stopped(self) -> bool:
        """A label failed, and its error policy waits for a person to resume it."""
        return self.paused and bool(self.stop_reasons) and self.error_policy == self.ErrorPolicy.STOP_PRINTER


class PrinterStatus(models.Model):
    """The last that is known of a device: what it said, when it was asked last, and when it last answered."""

    printer = models.OneToOneField(Printer, on_delete=models.CASCADE, primary_key=True, related_name="status")
    online = models.BooleanField(null=True)
    state = models.CharField(max_length=16, blank=True, default="")
    reasons = models.JSONField(default=list)
    error_state = models.JSONField(default=list)
    media_key = models.CharField(max_length=40, blank=True, default="")
    media_width_mm = models.FloatField(null=True)
    media_length_mm = models.FloatField(null=True)
    media_type = models.CharField(max_length=32, blank=True, default="")
    tape_color = models.CharField(max_length=32, blank=True, default="")
    text_color = models.CharField(max_length=32, blank=True, default="")
    model_seen = models.CharField(max_length=64, blank=True, default="")
    display = models.CharField(max_length=120, blank=True, default="")
    life_count = models.BigIntegerField(null=True)
    raw_block = models.BinaryField(null=True)
    source = models.CharField(max_length=32, blank=True, default="")
    sources = models.JSONField(default=dict)
    captured_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True, default="")
    note = models.TextField(blank=True, default="")
    failures = models.PositiveIntegerField(default=0)
    next_probe_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name_plural = "printer statuses"

    def __str__(self) -> str:
        return f"{self.printer_id}: {self.state or 'unknown'}"


class TokenBinding(models.Model):
    """Limits an API token to a printer; a token without bindings may use every one."""

    token = models.ForeignKey("accounts.ApiToken", on_delete=models.CASCADE, related_name="bindings")
    printer = models.ForeignKey(Printer, on_delete=models.CASCADE, related_name="token_bindings")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("token", "printer"), name="token_binding_once"),)

    def __str__(self) -> str:
        return f"{self.token_id} → {self.printer_id}"


class UserLimit(models.Model):
    """Limits a person to a site or to a printer; a person without limits may use every one."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="limits")
    # Protected: without the last of their limits a person would reach everything.
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, blank=True, related_name="user_limits")
    printer = models.ForeignKey(Printer, on_delete=models.PROTECT, null=True, blank=True, related_name="user_limits")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(site=None, printer__isnull=False) | models.Q(site__isnull=False, printer=None),
                name="user_limit_is_a_site_or_a_printer",
            ),
            models.UniqueConstraint(fields=("user", "site"), name="user_limit_once_per_site"),
            models.UniqueConstraint(fields=("user", "printer"), name="user_limit_once_per_printer"),
        )

    def __str__(self) -> str:
        return f"{self.user_id} → {self.site or self.printer}"


class Total(models.Model):
    """A number that only grows (printers/totals.py); history is forgotten after a while, this is not."""

    name = models.CharField(max_length=40)
    # The id of a printer; empty for what is counted of all together.
    subject = models.CharField(max_length=36, blank=True, default="")
    label = models.CharField(max_length=60, blank=True, default="")
    value = models.FloatField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("name", "subject", "label"), name="total_once"),)

    def __str__(self) -> str:
        return f"{self.name} {self.subject} {self.label}: {self.value:g}"


class Increment(models.Model):
    """What one move of a job adds to the totals, until it is summed up (printers/totals.py)."""

    # JSON: the amount of each key, whose parts stand with blanks between them.
    amounts = models.TextField()

    def __str__(self) -> str:
        return self.amounts


class EventQuerySet(models.QuerySet["Event"]):
    def after(self, event_id: int) -> "EventQuerySet":
        return self.filter(id__gt=event_id).order_by("id")


class Event(models.Model):
    """The one log of changes: of printers, templates, jobs. Live pages, history and webhooks read it.

    `kind` is `thing.what` (`job.completed`, `printer.status`, `template.registered`). Jobs and batches live in a
    higher room, so they are named by their ids. Of a printer that was just removed there may be its id alone.
    """

    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=48)
    # PostgreSQL would look at the printer's row for each of a label's events, and lock it.
    printer = models.ForeignKey(
        Printer, on_delete=models.SET_NULL, null=True, related_name="events", db_index=False, db_constraint=False
    )
    job_id = models.UUIDField(null=True)
    batch_id = models.UUIDField(null=True)
    actor = models.CharField(max_length=160, blank=True, default="")
    data = models.JSONField(default=dict)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        indexes = (
            models.Index(fields=("job_id", "id"), name="event_of_job", condition=models.Q(job_id__isnull=False)),
            models.Index(fields=("printer", "id"), name="event_of_printer"),
            models.Index(fields=("at",), name="event_by_time"),
        )

    def __str__(self) -> str:
        return f"{self.id} {self.kind}"


def record(
    kind: str,
    *,
    printer_id: Any = None,
    job_id: Any = None,
    batch_id: Any = None,
    actor: str = "",
    data: dict[str, Any] | None = None,
) -> Event:
    """Append to the log, inside the transaction of the change itself."""
    return Event.objects.create(
        kind=kind, printer_id=printer_id, job_id=job_id, batch_id=batch_id, actor=actor, data=data or {}
    )
