from uuid import uuid4

from django.db import models


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
