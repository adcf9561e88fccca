"""Which state a job may go to, from where, and why. IPP's states (RFC 8011 §5.3.7), one table.

The barrier divides `processing`: before it not a byte has left, after it a label may have come out. It is the column
`barrier_at`, set in one UPDATE with the check of the lease, so that it and a cancel can never both succeed.

    pending ──claim──▶ processing ──barrier──▶ processing ──complete──▶ completed
       ▲ ▲                │   │                    │
       │ └────requeue─────┘   └─cancel, abort      └──stop──▶ processing-stopped ──confirm──▶ completed
       └─release─ pending-held ◀─hold, wait                                      ──deny─────▶ aborted
"""

from dataclasses import dataclass
from typing import Literal

from jobs.models import State

PENDING, HELD, PROCESSING, STOPPED = State.PENDING, State.HELD, State.PROCESSING, State.STOPPED
COMPLETED, CANCELED, ABORTED = State.COMPLETED, State.CANCELED, State.ABORTED

TERMINAL = frozenset({COMPLETED, CANCELED, ABORTED})
OPEN = frozenset({PENDING, HELD, PROCESSING, STOPPED})

# Reasons: IPP's keywords where it has one (RFC 8011 §5.3.8), ours begin with hub-.
HELD_BY_PERSON = "job-hold-until-specified"
NOT_READY = "resources-are-not-ready"
PRINTER_STOPPED = "printer-stopped"
CANCELED_BY_PERSON = "job-canceled-by-user"
PRINTED = "job-completed-successfully"
QUEUED_IN_DEVICE = "queued-in-device"
ABORTED_BY_SYSTEM = "aborted-by-system"
MEDIA_NEEDED = "hub-media-needed"
HELD_AFTER_RESTORE = "hub-held-after-restore"
OUTCOME_UNKNOWN = "hub-outcome-unknown"
POISON = "hub-poison"
EXPIRED = "hub-expired"
CANNOT_PRINT = "hub-cannot-print"
NOT_PRINTED = "hub-not-printed"

Side = Literal["", "before", "after"]


@dataclass(frozen=True, slots=True)
class Move:
    """`barrier` says on which side of it a job in `processing` has to be; it means nothing for other states."""

    name: str
    sources: frozenset[State]
    target: State
    barrier: Side
    why: str


def _move(name: str, sources: set[State], target: State, barrier: Side, why: str) -> Move:
    return Move(name, frozenset(sources), target, barrier, why)


CLAIM = _move("claim", {PENDING}, PROCESSING, "", "a worker with the printer's lease took it")
HOLD = _move("hold", {PENDING}, HELD, "", "a person wants it to wait")
WAIT = _move("wait", {PENDING, PROCESSING}, HELD, "before", "it needs other media, or room for its image, or a release")
RELEASE = _move("release", {HELD}, PENDING, "", "a person, or what it waited for is there")
REQUEUE = _move("requeue", {PROCESSING}, PENDING, "before", "the worker died, or the printer is not ready")
WITHDRAW = _move("withdraw", {PROCESSING}, PENDING, "after", "the connection broke before one byte was written")
CANCEL = _move("cancel", {PENDING, HELD, PROCESSING}, CANCELED, "before", "a person, while no byte had left")
ABORT = _move("abort", {PENDING, HELD, PROCESSING}, ABORTED, "before", "it can never print: expired, poison, no room")
COMPLETE = _move("complete", {PROCESSING}, COMPLETED, "after", "the printer printed it, or has all of it")
STOP = _move("stop", {PROCESSING}, STOPPED, "after", "nobody knows whether the label came out")
CONFIRM = _move("confirm", {STOPPED}, COMPLETED, "", "a person saw the label")
DENY = _move("deny", {STOPPED}, ABORTED, "", "a person saw that there is none")

MOVES = (CLAIM, HOLD, WAIT, RELEASE, REQUEUE, WITHDRAW, CANCEL, ABORT, COMPLETE, STOP, CONFIRM, DENY)


def allowed(move: Move, state: str, *, past_barrier: bool = False) -> bool:
    if state not in move.sources:
        return False
    if state != PROCESSING or not move.barrier:
        return True
    return past_barrier is (move.barrier == "after")


# What a person may ask for, and what is said to one who may not.
VERBS = {
    "hold": "hold",
    "release": "release",
    "cancel": "cancel",
    "resolve": "say what became of",
    "set_priority": "change the priority of",
    "move": "move",
}
NOW_IT = {
    PENDING: "it is waiting for its turn",
    HELD: "it is held",
    PROCESSING: "it is being printed: data may have gone to the printer",
    STOPPED: "nobody knows whether its label came out; say first whether it did",
    COMPLETED: "it is completed",
    CANCELED: "it is canceled",
    ABORTED: "it was given up",
}


def refusal(verb: str, state: str) -> str:
    """Why a person cannot do that to a job now, in a sentence."""
    return f"You cannot {VERBS.get(verb, verb)} this job now: {NOW_IT[State(state)]} ({state})."


def table() -> str:
    """The moves as text, for people."""
    rows = [("move", "from", "to", "barrier", "why")]
    rows += [(m.name, ", ".join(sorted(m.sources)), m.target.value, m.barrier or "–", m.why) for m in MOVES]
    widths = [max(len(row[n]) for row in rows) for n in range(5)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
