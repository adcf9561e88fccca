"""`POST /api/print` from eight clients: two web processes on PostgreSQL and Redis, as they are deployed, and the
embedded hub. Nothing is printed meanwhile: the web processes ring for workers that do not run, and the embedded hub's
printers are paused.

The clients keep their connections and are a process of their own. What the hub used of a core is told beside the rate,
because a machine with other work on it gives less of one.
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
from tests.hubs import ROOT, Hub, manage
from tests.stack import stack

CLIENTS = 8
WARM_UP_S, MEASURE_S = 3.0, 10.0
PEER, PEER_RATE, PEER_P99_MS = "an existing hub, on FastAPI, as measured", 110.0, 900.0
PREPARE = """
from labelhub.accounts.models import ApiToken
from printers.models import Printer, Site
site, _ = Site.objects.get_or_create(key="bench")
for n in range(50):
    # What is measured is how labels come into the queue, not how they leave it.
    Printer.objects.create(site=site, name=f"p{{n}}", model="PT-P750W", host=f"10.9.0.{{n + 1}}", paused={paused})
token, text = ApiToken.issue("bench", ["read", "print"])
# Counted like any other, and never refused.
token.rate_limit_per_minute = 10_000_000
token.save(update_fields=["rate_limit_per_minute"])
print(text)
"""


def rows() -> list[Row]:
    found = [*_table("PostgreSQL, Redis, two web processes", distributed(), "≥ 350/s", "≤ 60 ms", with_peer=True)]
    return found + _table("embedded", embedded(), "≥ 150/s", "", with_peer=False)


def _table(where: str, found: dict[str, float], rate: str, p99: str, *, with_peer: bool) -> list[Row]:
    peer = PEER if with_peer else ""
    return [
        Row(f"labels submitted, {where}", peer, PEER_RATE if with_peer else None, found["rate"], "/s", rate),
        Row("the same, p50", "", None, found["p50_ms"], "ms", ""),
        Row("the same, p99", peer, PEER_P99_MS if with_peer else None, found["p99_ms"], "ms", p99),
        Row("the same, CPU of the hub a label", "", None, found["cpu_ms"], "ms", ""),
        Row("the same, share of a core that it got", "", None, found["cores"] * 100, "%", ""),
    ]


def distributed() -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="labelhub-bench-") as folder, stack(Path(folder)) as made:
        token = made.run("python", "manage.py", "shell", "--no-imports", "-c", PREPARE.format(paused=False)).strip()
        webs = [made.start_web(f"web-{n}") for n in range(2)]
        return measure([web.port for web in webs], [web.process.popen.pid for web in webs], token)


def embedded() -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="labelhub-bench-") as folder:
        data = Path(folder) / "hub"
        manage("bring_up", LABELHUB_DATA_DIR=str(data))
        done = manage("shell", "--no-imports", "-c", PREPARE.format(paused=True), LABELHUB_DATA_DIR=str(data))
        with Hub(data, demo=False) as hub:
            found = measure([hub.port], [hub.process.pid], done.stdout.strip())
            hub.stop()
    return found


def measure(ports: list[int], processes: list[int], token: str) -> dict[str, float]:
    watched = [psutil.Process(each) for each in processes]
    load(ports, token, WARM_UP_S)
    before, begun = _cpu(watched), time.perf_counter()
    spent = sorted(load(ports, token, MEASURE_S))
    cpu, took = _cpu(watched) - before, time.perf_counter() - begun
    return {
        "rate": len(spent) / MEASURE_S,
        "p50_ms": statistics.median(spent) * 1000,
        "p99_ms": spent[int(len(spent) * 0.99)] * 1000,
        "cpu_ms": cpu * 1000 / len(spent),
        "cores": cpu / took,
    }


def _cpu(processes: list[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def load(ports: list[int], token: str, seconds: float) -> list[float]:
    """Seconds of every answer."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.submitting", ",".join(map(str, ports)), token, str(seconds)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    found: list[float] = json.loads(done.stdout)
    return found


def clients(ports: list[int], token: str, seconds: float) -> None:
    spent: list[list[float]] = [[] for _ in range(CLIENTS)]
    end = time.perf_counter() + seconds
    threads = [
        threading.Thread(target=_client, args=(ports[n % len(ports)], token, n, end, each))
        for n, each in enumerate(spent)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.stdout.write(json.dumps([each for found in spent for each in found]))


def _client(port: int, token: str, number: int, end: float, spent: list[float]) -> None:
    head = (
        f"POST /api/print HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n"
    )
    with connected(port) as link:
        while (begun := time.perf_counter()) < end:
            sent = len(spent)
            fields = {
                "name": f"Label {sent}",
                "id": f"A-{number}-{sent}",
                "url": f"https://inv.invalid/a/{number}/{sent}",
            }
            body = {"printer": f"bench/p{(number * 7 + sent) % 50}", "template": "asset-tag-12", "fields": fields}
            text = json.dumps(body)
            exchange(link, (head.format(len(text)) + text).encode(), 202)
            spent.append(time.perf_counter() - begun)


if __name__ == "__main__":
    ports, token, seconds = sys.argv[1:]
    clients([int(each) for each in ports.split(",")], token, float(seconds))
