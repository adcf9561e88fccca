"""What is asked for and what is answered, in the hub's own words: pages, API and command line translate to these."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from jobs.models import PRIORITY_NORMAL

MAX_COPIES, MAX_ROWS = 500, 10_000
HIGHEST_PRIORITY, LOWEST_PRIORITY = 1, 100


@dataclass(frozen=True, slots=True)
class Label:
    """One label of a batch of several templates."""

    template: str
    fields: dict[str, Any]
    copies: int = 1


@dataclass(frozen=True, slots=True)
class Request:
    """`printer` is a UUID, `site/handle` or a handle; one of `rows` becomes one label, in `copies`.

    Instead of a printer, which is empty then, `pool` may name one: the printer of it that can print soonest is taken.
    Instead of a template and rows, which are empty then, there may be `labels`, each with a template of its own.
    """

    # What came later: while these are empty, a request is the same as it was before.
    ADDED: ClassVar = frozenset({"pool", "labels"})

    printer: str
    template: str
    rows: list[dict[str, Any]]
    copies: int = 1
    options: dict[str, Any] = field(default_factory=dict)
    priority: int = PRIORITY_NORMAL
    expires_at: datetime | None = None
    # Prints in spite of what lint calls an error; needs the scope “manage”, and stands in each such job's story.
    override_lint: bool = False
    # More than this for all labels together is an error, too.
    max_tape_mm: float | None = None
    pool: str = ""
    labels: list[Label] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class AcceptedJob:
    id: UUID
    state: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """`jobs` in the order of the rows, as they were first answered; `replayed`: nothing new was queued.

    `printer` is where they went, and `placement` says why, where a pool was asked.
    """

    jobs: list[AcceptedJob]
    batch: UUID | None
    replayed: bool = False
    printer: UUID | None = None
    placement: str = ""
