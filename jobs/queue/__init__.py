"""The only place where a job's state changes: conditional UPDATEs, each with its row in the log."""

from jobs.queue.again import reprint
from jobs.queue.moving import move
from jobs.queue.people import cancel, hold, release, resolve, set_priority
from jobs.queue.restored import hold_all, release_all
from jobs.queue.turns import job_behind, next_job
from jobs.queue.work import (
    abort,
    claim_next,
    complete,
    cross_barrier,
    requeue,
    stop,
    unhold,
    wait,
    withdraw,
)

__all__ = [
    "abort",
    "cancel",
    "claim_next",
    "complete",
    "cross_barrier",
    "hold",
    "hold_all",
    "job_behind",
    "move",
    "next_job",
    "release",
    "release_all",
    "reprint",
    "requeue",
    "resolve",
    "set_priority",
    "stop",
    "unhold",
    "wait",
    "withdraw",
]
