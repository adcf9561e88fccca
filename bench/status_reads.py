"""`GET /api/printers/{id}/status` from one web process on PostgreSQL and Redis, started as it is deployed.

The clients keep their connections and are a process of their own. What the web process used of a core is told beside
the rate, because a machine with other work on it gives less of one.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

from bench import Row
from bench._link import connected, exchange
from tests.hubs import ROOT
from tests.stack import Stack, Web, stack

CLIENTS = 8
WARM_UP_S, MEASURE_S = 3.0, 10.0
PRINTERS = """
from django.utils import timezone
from labelhub.accounts.models import ApiToken
from printers.models import Printer, PrinterStatus, Site
site, _ = Site.objects.get_or_create(key="bench")
for n in range(50):
    printer = Printer.objects.create(site=site, name=f"p{n}", model="PT-P750W", host=f"127.9.0.{n + 1}")
    PrinterStatus.objects.create(
        printer=printer, online=True, state="idle", media_width_mm=12, media_length_mm=0, media_key="tze:12",
        media_type="laminated", source="status-block", captured_at=timezone.now(), last_seen_at=timezone.now())
token, text = ApiToken.issue("bench", ["read"])
# Counted like any other, and never refused.
token.rate_limit_per_minute = 10_000_000
token.save(update_fields=["rate_limit_per_minute"])
print(printer.pk, text)
"""


def rows() -> list[Row]:
    found = measure()
    return [
        Row(
            f"status reads, PostgreSQL, one web process, {CLIENTS} clients",
            "",
            None,
            found["rate"],
            "/s",
            "≥ 600/s; an existing hub, on FastAPI: 453/s",
        ),
        Row("the same, p50", "", None, found["p50_ms"], "ms", ""),
        Row("the same, p99", "", None, found["p99_ms"], "ms", "≤ 30 ms"),
        Row("the same, CPU of the web process a request", "", None, found["cpu_ms"], "ms", ""),
        Row("the same, share of a core that it got", "", None, found["cores"] * 100, "%", ""),
    ]


def measure(clients: int = CLIENTS) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="labelhub-bench-") as folder, stack(Path(folder)) as made:
        path, token, web = prepared(made)
        process = psutil.Process(web.process.popen.pid)
        load(web.port, path, token, clients, WARM_UP_S)
        before, begun = process.cpu_times(), time.perf_counter()
        found = load(web.port, path, token, clients, MEASURE_S)
        after, took = process.cpu_times(), time.perf_counter() - begun
    cpu = after.user + after.system - before.user - before.system
    spent = sorted(found)
    return {
        "rate": len(spent) / MEASURE_S,
        "p50_ms": statistics.median(spent) * 1000,
        "p99_ms": spent[int(len(spent) * 0.99)] * 1000,
        "cpu_ms": cpu * 1000 / len(spent),
        "cores": cpu / took,
    }


def prepared(made: Stack) -> tuple[str, str, Web]:
    printer, token = made.run("python", "manage.py", "shell", "--no-imports", "-c", PRINTERS).split()
    return f"/api/printers/{printer}/status", token, made.start_web()


def load(port: int, path: str, token: str, clients: int, seconds: float) -> list[float]:
    """Seconds of every answer."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.status_reads", str(port), path, token, str(clients), str(seconds)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    found: list[float] = json.loads(done.stdout)
    return found


def clients(port: int, path: str, token: str, count: int, seconds: float) -> None:
    spent: list[list[float]] = [[] for _ in range(count)]
    end = time.perf_counter() + seconds
    threads = [threading.Thread(target=_client, args=(port, path, token, end, each)) for each in spent]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.stdout.write(json.dumps([each for found in spent for each in found]))


def _client(port: int, path: str, token: str, end: float, spent: list[float]) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    with connected(port) as link:
        while (begun := time.perf_counter()) < end:
            exchange(link, request, 200)
            spent.append(time.perf_counter() - begun)


if __name__ == "__main__":
    port, path, token, count, seconds = sys.argv[1:]
    clients(int(port), path, token, int(count), float(seconds))
