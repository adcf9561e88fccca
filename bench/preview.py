"""A preview from request to PNG, over HTTP, each with other values. `python -m bench.preview`."""

import json
import statistics
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from bench import Row
from tests.hubs import Hub

PREVIEWS, FIRST = 100, 10


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="labelhub-bench-") as folder, Hub(Path(folder) / "data") as hub:
        token = hub.said("API token")
        findings = {"Accept": "application/json"}
        found = [
            ("preview: request → PNG, p50", [_preview(hub, token, n, {}) for n in range(PREVIEWS)]),
            ("preview: request → findings, p50", [_preview(hub, token, n, findings) for n in range(PREVIEWS)]),
        ]
        hub.stop()
    return [Row(work, "", None, statistics.median(times[FIRST:]), "ms", "≤ 25 ms") for work, times in found]


def _preview(hub: Hub, token: str, n: int, headers: dict[str, str]) -> float:
    body: dict[str, Any] = {
        "template": "asset-tag-12",
        "fields": {"name": f"Bench drill {n}", "id": f"A-{1000 + n}", "url": f"https://inv.invalid/a/{n}"},
    }
    request = urllib.request.Request(
        f"{hub.origin}/api/preview",
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {token}", **headers},
    )
    started = time.perf_counter()
    with urllib.request.urlopen(request, timeout=10) as answer:
        answer.read()
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    for row in rows():
        print(f"{row.work:45} {row.ours:7.2f} {row.unit}   {row.target}")
