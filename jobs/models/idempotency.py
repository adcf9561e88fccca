from django.db import models
from django.utils import timezone


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
