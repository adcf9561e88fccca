import secrets
from base64 import b64encode
from uuid import uuid4

from django.db import models
from django.utils import timezone

SECRET_MARK = "whsec_"  # noqa: S105


def new_secret() -> str:
    return SECRET_MARK + b64encode(secrets.token_bytes(32)).decode()


class Webhook(models.Model):
    """An address that is told of events, as the log grows."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    name = models.CharField(max_length=120)
    url = models.CharField(max_length=1000)
    # In clear, because every message is signed with it; no page and no answer shows it again.
    secret = models.CharField(max_length=120, default=new_secret, editable=False)
    kinds = models.JSONField(default=list, blank=True)
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Every event up to here has its delivery, or is not wanted.
    position = models.BigIntegerField(default=0, editable=False)

    class Meta:
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One event for one webhook. Its id is the message's `webhook-id`, the same at every try."""

    class State(models.TextChoices):
        WAITING = "waiting"
        DELIVERED = "delivered"
        DEAD = "dead"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event_id = models.BigIntegerField()
    kind = models.CharField(max_length=48)
    body = models.TextField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    tries = models.PositiveIntegerField(default=0)
    # When it is tried next. Whoever moves this forward first has the try.
    next_at = models.DateTimeField(default=timezone.now)
    status = models.PositiveSmallIntegerField(null=True)
    error = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at",)
        verbose_name_plural = "deliveries"
        constraints = (models.UniqueConstraint(fields=("webhook", "event_id"), name="delivery_once_per_event"),)
        indexes = (
            models.Index(fields=("webhook", "next_at"), name="delivery_due", condition=models.Q(state="waiting")),
            models.Index(fields=("state", "ended_at"), name="delivery_by_state"),
        )

    def __str__(self) -> str:
        return f"{self.kind} → {self.webhook_id}"


class DeadLetter(Delivery):
    """What was given up, until somebody sends it again."""

    class Meta:
        proxy = True
