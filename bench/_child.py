"""A process beside the bench, so that its work is not counted as the hub's."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.hubs import ROOT


@contextmanager
def child(module: str, *arguments: str) -> Iterator[Any]:
    """The JSON on its first line, as soon as it is there. The process ends with its standard input."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait(60)
        process.stdout.close()
