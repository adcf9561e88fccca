"""A pytest plugin: what became of each test that is marked with faults, one JSON line each, for `make faults`."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

REPORT = os.environ.get("LABELHUB_TEST_REPORT", "")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    done = yield
    report = done.get_result()
    if not REPORT or not (report.when == "call" or report.failed):
        return
    faults = sorted({number for mark in item.iter_markers("fault") for number in mark.args})
    line = {"faults": faults, "on": _where(item), "outcome": report.outcome, "seconds": report.duration}
    with Path(REPORT).open("a") as file:
        file.write(f"{json.dumps(line)}\n")


def _where(item: pytest.Item) -> str:
    """What needs servers, and not the tests' own database, has a deployment of its own."""
    if item.get_closest_marker("services") and not item.get_closest_marker("django_db"):
        return "deployment"
    return "SQLite" if settings.EMBEDDED_DATABASE else "PostgreSQL"
