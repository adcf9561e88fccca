"""What is known of every printer: read from the device, kept in one row each, told as it is."""

from printers.status.reading import Reading, merge
from printers.status.store import (
    answer_of,
    ask_soon,
    current,
    due_now,
    expect,
    quick_answer,
    record,
    record_many,
    refresh,
    row_from,
    target_of,
)
from printers.status.telling import (
    is_stale,
    loaded_medium,
    model_mismatch,
    printer_state,
    status_view,
    tape_loaded,
)

__all__ = [
    "Reading",
    "answer_of",
    "ask_soon",
    "current",
    "due_now",
    "expect",
    "is_stale",
    "loaded_medium",
    "merge",
    "model_mismatch",
    "printer_state",
    "quick_answer",
    "record",
    "record_many",
    "refresh",
    "row_from",
    "status_view",
    "tape_loaded",
    "target_of",
]
