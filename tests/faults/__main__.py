"""`make faults`: every fault of the list on both databases, from one seed, and a table of what became of them.

SEED repeats a run, LABELS makes the random ones longer (2,000 unless told), FAULTS=12,30 runs only these.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.faults.listed import FAULTS
from tests.hubs import ROOT

# Where a test is run: worker processes on the tests' own database, or all that compose.yaml starts.
PLACES = ("SQLite", "PostgreSQL", "deployment")
WIDTH = 25


def main() -> int:
    seed = os.environ.get("SEED") or str(random.SystemRandom().randrange(1, 10**9))
    labels = os.environ.get("LABELS") or "2000"
    print(f"SEED={seed} LABELS={labels}", flush=True)  # noqa: T201
    codes, found, began = [], list[dict[str, Any]](), time.monotonic()
    for database in ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory() as folder:
            env = os.environ | {
                "LABELHUB_TEST_SERVICES": "1",
                "LABELHUB_TEST_DATABASE": database,
                "LABELHUB_TEST_SEED": seed,
                "LABELHUB_TEST_LABELS": labels,
                "LABELHUB_TEST_FAULTS": os.environ.get("FAULTS", ""),
                "LABELHUB_TEST_REPORT": str(Path(folder) / "report"),
            }
            command = [sys.executable, "-m", "pytest", "-qs", "-m", "fault", "-p", "tests.faults.reported", "tests"]
            codes.append(subprocess.run(command, cwd=ROOT, env=env).returncode)
            lines = (Path(folder) / "report").read_text().splitlines() if (Path(folder) / "report").exists() else []
            found += [json.loads(line) for line in lines]
    took = f"{(time.monotonic() - began) / 60:.0f} min"
    print(f"SEED={seed} LABELS={labels}, {took}\n{table(found)}")  # noqa: T201
    # Some of the list have no test on one of the databases.
    return max((code for code in codes if code != pytest.ExitCode.NO_TESTS_COLLECTED), default=codes[0])


def table(found: list[dict[str, Any]]) -> str:
    lines = [f"{'#':>3}  {'fault':<58}" + "".join(f"{place:>{WIDTH}}" for place in PLACES)]
    of_fault: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
    for test in found:
        for number in test["faults"]:
            of_fault[test["on"], number].append(test)
    for number, title in FAULTS.items():
        if not any(of_fault[place, number] for place in PLACES):
            continue
        cells = [_cell(of_fault[place, number]) for place in PLACES]
        lines.append(f"{number:>3}  {title:<58}" + "".join(f"{cell:>{WIDTH}}" for cell in cells))
    return "\n".join(lines)


def _cell(tests: list[dict[str, Any]]) -> str:
    if not tests:
        return "–"
    failed = sum(test["outcome"] != "passed" for test in tests)
    seconds = sum(test["seconds"] for test in tests)
    return f"{f'{failed} of ' if failed else ''}{len(tests)} {'failed' if failed else 'held'}, {seconds:.0f} s"


if __name__ == "__main__":
    sys.exit(main())
