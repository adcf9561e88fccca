"""A pytest plugin for `make faults`: what became of each test that is marked with faults, one JSON line each.

LABELHUB_TEST_FAULTS names the faults of which tests are run, all unless told.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

REPORT = os.environ.get("LABELHUB_TEST_REPORT", "")
ONLY = {int(number) for number in os.environ.get("LABELHUB_TEST_FAULTS", "").split(",") if number}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    others = [item for item in items if ONLY and not ONLY & _faults(item)]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    done = yield
    report = done.get_result()
    if not REPORT or not (report.when == "call" or report.failed):
        return
    line = {"faults": sorted(_faults(item)), "on": _where(item), "outcome": report.outcome, "seconds": report.duration}
    with Path(REPORT).open("a") as file:
        file.write(f"{json.dumps(line)}\n")


def _faults(item: pytest.Item) -> set[int]:
    return {number for mark in item.iter_markers("fault") for number in mark.args}


def _where(item: pytest.Item) -> str:
    """What needs servers, and not the tests' own database, has a deployment of its own."""
    if item.get_closest_marker("services") and not item.get_closest_marker("django_db"):
        return "deployment"
    return "SQLite" if settings.EMBEDDED_DATABASE else "PostgreSQL"
