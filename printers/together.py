"""Statements that happen together or not at all: on PostgreSQL as one, which is one round trip and one commit.

There each of them is a part of a WITH, so that they all see the database as it was before: none may read or write a row
that another one writes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

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
class Stage:
    """For `in_turn`: statements as `together` takes them."""

    gates: Sequence[Statement]
    then: Sequence[Statement]


@dataclass(frozen=True, slots=True)
class Done:
    """How many of the gates let through, and what the last statement returned that returns something."""

    passed: int
    returned: Any = None


def together(gates: Sequence[Statement], then: Sequence[Statement]) -> Done:
    """Each gate happens if the one before it changed a row, and the rest if all did; a gate changes one row or none."""
    [done] = in_turn(Stage(gates, then))
    return done


def in_turn(*stages: Stage) -> list[Done]:
    """Each stage happens if all gates of the one before it let through, and behind the first of what was done then:
    that is one row or more.
    """
    database = connections[DEFAULT_DB_ALIAS]
    if database.vendor == "postgresql":
        parts = [each for stage in stages for each in (*stage.gates, *stage.then)]
        text = _as_one(
            tuple((each.text, each.gated, each.returning) for each in parts),
            tuple((len(stage.gates), len(stage.then)) for stage in stages),
        )
        [found] = run(database, text, [value for each in parts for value in each.values])[1]
        return [Done(*found[at : at + 2]) for at in range(0, len(found), 2)]
    done = [Done(0)] * len(stages)
    with transaction.atomic(savepoint=False):
        for at, stage in enumerate(stages):
            done[at] = _one_by_one(database, stage)
            if done[at].passed < len(stage.gates):
                break
    return done


def _one_by_one(database: BaseDatabaseWrapper, stage: Stage) -> Done:
    for passed, gate in enumerate(stage.gates):
        if run(database, gate.text, gate.values)[0] != 1:
            return Done(passed)
    returned = None
    for each in stage.then:
        rows = run(database, each.text, each.values)[1]
        returned = rows[0][0] if each.returning else returned
    return Done(len(stage.gates), returned)


def _as_one(parts: tuple[tuple[str, str, str], ...], sizes: tuple[tuple[int, int], ...]) -> str:
    written = _written.get((parts, sizes))
    if written is None:
        written = _written[parts, sizes] = _write(parts, sizes)
    return written


def _write(parts: tuple[tuple[str, str, str], ...], sizes: tuple[tuple[int, int], ...]) -> str:
    tables, told, start, gate = list[str](), list[str](), 0, ""
    for gates, then in sizes:
        returned = "NULL"
        for at, (text, gated, returning) in enumerate(parts[start : start + gates + then], start):
            part = gated.replace(GATE, gate) if gate else text
            tables.append(f"s{at} AS ({part}{'' if returning else ' RETURNING 1'})")
            gate = f"s{min(at, start + gates - 1)}"
            returned = f"(SELECT {returning} FROM s{at} LIMIT 1)" if returning else returned  # noqa: S608
        passed = " + ".join(f"(SELECT count(*) FROM s{at})" for at in range(start, start + gates))  # noqa: S608
        told += [passed, returned]
        # Nothing else says which of two stages comes first, and so in which order their rows stand in the log.
        gate = f"s{start + gates}"
        start += gates + then
    return f"WITH {', '.join(tables)} SELECT {', '.join(told)}"


_written: dict[tuple[tuple[tuple[str, str, str], ...], tuple[tuple[int, int], ...]], str] = {}
