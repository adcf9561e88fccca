"""QL printers at their rated speed: how many of them this machine keeps busy, and what 500 would take."""

import math
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from bench import Row
from bench._site import QL, Spent, site
from tests.stack import command_of

RATED, WANTED = 110.0, 500
BUSY = 0.9
HUB, DATABASE = "CPU of the hub a label", "CPU of PostgreSQL a label"
STEPS = (1, 8, 16, 32, 64)
# Each printer's time for so many labels at its rated speed.
EACH = 22
# What a plan leaves free: for pages, sweeps, and hours that are busier than others.
HEADROOM = 0.7


@dataclass(frozen=True, slots=True)
class Plan:
    """For `WANTED` printers that never stop. A label's CPU is what decides; a printer that prints holds a thread."""

    hub_ms: float
    database_ms: float

    @property
    def labels_per_s(self) -> float:
        return WANTED * RATED / 60

    @property
    def hub_cores(self) -> int:
        return math.ceil(self.labels_per_s * self.hub_ms / 1000 / HEADROOM)

    @property
    def database_cores(self) -> int:
        return math.ceil(self.labels_per_s * self.database_ms / 1000 / HEADROOM)

    @property
    def workers(self) -> int:
        """One process works on one core at most; a few threads of each do other things than print."""
        return max(self.hub_cores, math.ceil(WANTED / (threads() - 4)))

    @property
    def connections(self) -> int:
        # Of each worker, as LABELHUB_DATABASE_CONNECTIONS has it, and of four web processes; some for people.
        return (self.workers + 4) * 16 + 20

    def printers_on(self, cores: int) -> float:
        return cores * HEADROOM * 1000 / (self.hub_ms + self.database_ms) * 60 / RATED


def threads() -> int:
    command = command_of("worker")
    return int(command[command.index("--concurrency") + 1])


def rows(steps: Sequence[int] = STEPS, each: int = EACH) -> list[Row]:
    found = measure(steps, each)
    table = [
        Row(
            f"labels a minute of each of {count} QL-820NWB at rated speed",
            "data sheet",
            None,
            a_minute(spent, count),
            "/min",
            f"{RATED:.0f}",
        )
        for count, spent in found.items()
    ]
    busy = [count for count, spent in found.items() if a_minute(spent, count) >= BUSY * RATED]
    dearest = list(found.values())[-1]
    plan = Plan(dearest.hub_ms, dearest.database_ms)
    return [
        *table,
        Row(
            f"the most of them at {BUSY:.0%} of it, emulators on the same {os.cpu_count()} cores",
            "",
            None,
            max(busy, default=0),
            "",
            "",
        ),
        Row(HUB, "", None, plan.hub_ms, "ms", ""),
        Row(DATABASE, "", None, plan.database_ms, "ms", ""),
        Row("printers that two cores keep busy, computed from that", "", None, plan.printers_on(2), "", ""),
        Row(f"cores for {WANTED} of them: hub and PostgreSQL", "", None, plan.hub_cores + plan.database_cores, "", ""),
    ]


def a_minute(spent: Spent, printers: int) -> float:
    return spent.rate * 60 / printers


def measure(steps: Sequence[int], each: int) -> dict[int, Spent]:
    with site(QL, max(steps)) as made:
        made.start_workers(max(2, math.ceil(max(steps) / (threads() - 4))))
        made.print_all("warm", 1)
        return {count: made.print_all(f"of-{count}", each, range(count)) for count in steps}


def notes(rows: list[Row]) -> str:
    """The plan, from what was measured."""
    cost = {row.work: row.ours for row in rows}
    plan = Plan(cost[HUB], cost[DATABASE])
    return (
        f"**A plan for {WANTED} QL printers that never stop** ({RATED:.0f} labels a minute each, "
        f"{plan.labels_per_s:.0f} a second), with {1 - HEADROOM:.0%} left free: {plan.hub_cores} cores for worker and "
        f"web processes, {plan.database_cores} for PostgreSQL; {plan.workers} worker processes of {threads()} threads "
        f"(a printer that prints holds one), 4 web processes, `max_connections = {plan.connections}`, "
        "`shared_buffers = 2GB`, `max_wal_size = 8GB`, `checkpoint_timeout = 15min`, `wal_compression = on`, a disk "
        "that syncs in under a millisecond, and `synchronous_commit = on`: the row before the first byte has to "
        "survive a power cut."
    )


if __name__ == "__main__":
    from bench.__main__ import table

    each, *steps = map(int, sys.argv[1:])
    found = rows(steps, each)
    print(f"{table(found)}\n\n{notes(found)}")
