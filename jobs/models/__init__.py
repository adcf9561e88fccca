"""What is kept of labels: what was asked for, what was tried, and who works on it."""

from jobs.models.attempts import Attempt, Phase
from jobs.models.epoch import Epoch
from jobs.models.idempotency import IdempotencyKey
from jobs.models.ids import time_ordered_id
from jobs.models.jobs import (
    PRIORITY_NORMAL,
    PRIORITY_URGENT,
    WAITS,
    Batch,
    Job,
    JobEvent,
    JobQuerySet,
    Outcome,
    State,
    in_state,
)
from jobs.models.pools import Pool, PoolMember
from jobs.models.workers import Heartbeat, PrinterLease

__all__ = [
    "PRIORITY_NORMAL",
    "PRIORITY_URGENT",
    "WAITS",
    "Attempt",
    "Batch",
    "Epoch",
    "Heartbeat",
    "IdempotencyKey",
    "Job",
    "JobEvent",
    "JobQuerySet",
    "Outcome",
    "Phase",
    "Pool",
    "PoolMember",
    "PrinterLease",
    "State",
    "in_state",
    "time_ordered_id",
]
