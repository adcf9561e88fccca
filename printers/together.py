"""Statements that happen together or not at all: on PostgreSQL as one, which is one round trip and one commit.

There each of them is a part of a WITH, so that they all see the database as it was before: none may read or write a row
that another one writes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from printers.prepared import run

GATE = "%(gate)s"


@dataclass(frozen=True, slots=True)
class Statement:
    """An UPDATE or INSERT with its values. `gated` is the same on PostgreSQL, if the table GATE has a row."""

    text: str
    gated: str
    values: Sequence[Any]
    returning: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """How many of the gates let through, and what the last statement returned that returns something."""

    passed: int
    returned: Any = None


def together(gates: Sequence[Statement], then: Sequence[Statement]) -> Done:
    """Each gate happens if the one before it changed a row, and the rest if all did; a gate changes one row or none."""
    database = connections[DEFAULT_DB_ALIAS]
    if database.vendor == "postgresql":
        parts = [*gates, *then]
        text = _as_one(tuple((each.text, each.gated, each.returning) for each in parts), len(gates))
        [found] = run(database, text, [value for each in parts for value in each.values])[1]
        return Done(sum(found[: len(gates)]), found[-1])
    returned = None
    with transaction.atomic(savepoint=False):
        for passed, gate in enumerate(gates):
            if run(database, gate.text, gate.values)[0] != 1:
                return Done(passed)
        for each in then:
            rows = run(database, each.text, each.values)[1]
            returned = rows[0][0] if each.returning else returned
    return Done(len(gates), returned)


def _as_one(parts: tuple[tuple[str, str, str], ...], gates: int) -> str:
    written = _written.get((parts, gates))
    if written is None:
        tables = []
        for at, (text, gated, returning) in enumerate(parts):
            part = gated.replace(GATE, f"s{min(at, gates) - 1}") if at else text
            tables.append(f"s{at} AS ({part}{'' if returning else ' RETURNING 1'})")
        counts = [f"(SELECT count(*) FROM s{at})" for at in range(gates)]  # noqa: S608
        last = next((f"(SELECT {name} FROM s{at} LIMIT 1)" for at, (*_, name) in enumerate(parts) if name), "NULL")  # noqa: S608
        written = _written[parts, gates] = f"WITH {', '.join(tables)} SELECT {', '.join([*counts, last])}"
    return written


_written: dict[tuple[tuple[tuple[str, str, str], ...], int], str] = {}
