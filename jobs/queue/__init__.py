"""The only place where a job's state changes: conditional UPDATEs, each with its row in the log."""

from jobs.queue.again import reprint
from jobs.queue.claiming import Beginning, claim_next, cross_barrier, first_attempt
from jobs.queue.ending import abort, complete, requeue, stop, unhold, wait, withdraw
from jobs.queue.moving import move
from jobs.queue.people import cancel, hold, release, resolve, set_priority
from jobs.queue.restored import hold_all, release_all
from jobs.queue.turns import job_behind, next_job, take_ahead

__all__ = [
    "Beginning",
    "abort",
    "cancel",
    "claim_next",
    "complete",
    "cross_barrier",
    "first_attempt",
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
    "take_ahead",
    "unhold",
    "wait",
    "withdraw",
]
