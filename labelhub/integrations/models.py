from django.db import models
from django.utils import timezone


class Received(models.Model):
    """A webhook that was obeyed. The same message again is answered as before, and prints nothing."""

    source = models.CharField(max_length=50)
    message_id = models.CharField(max_length=120)
    body_sha256 = models.CharField(max_length=64)
    # What was answered.
    answer = models.JSONField()
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("source", "message_id"), name="webhook_received_once"),)
        indexes = (models.Index(fields=("received_at",), name="webhook_received_at"),)

    def __str__(self) -> str:
        return f"{self.source} {self.message_id}"
