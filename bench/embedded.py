"""`manage.py hub` as a process: from the answered POST to the first byte at the printer, its start, its memory."""

import statistics
import tempfile
import threading
import time
from pathlib import Path

import psutil

from bench import Row
from printers.emulator import EmulatedPrinter
from tests.hubs import Hub

LABELS = 60
AT_REST_S = 10.0
CONFIGURATION = """
[[printer]]
name = "bench"
model = "PT-P750W"
host = "127.0.0.1"
port = {port}
snmp_port = {snmp_port}
media = "tze:12"
"""
FIELDS = {"name": "Bench", "id": "A-1042", "url": "https://inv.invalid/a/1042"}


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="labelhub-bench-") as folder:
        first, again, memory = _start_and_rest(Path(folder) / "rest")
        delays = _delays(Path(folder))
    p50, p95 = statistics.median(delays), statistics.quantiles(delays, n=20)[-1]
    return [
        Row("idle printer: POST answered → first byte, p50", "", None, p50, "ms", "≤ 80 ms"),
        Row("idle printer: POST answered → first byte, p95", "", None, p95, "ms", "≤ 180 ms"),
        Row("`manage.py hub` → labels can be printed, first start", "", None, first, "s", "–"),
        Row("`manage.py hub` → labels can be printed, later starts", "", None, again, "s", "≤ 3 s"),
        Row("memory of `manage.py hub` at rest", "", None, memory, "MB", "≤ 140 MB"),
    ]


def _start_and_rest(data: Path) -> tuple[float, float, float]:
    began = time.monotonic()
    with Hub(data, demo=False) as hub:
        first = time.monotonic() - began
        hub.stop()
    began = time.monotonic()
    with Hub(data, demo=False) as hub:
        again = time.monotonic() - began
        hub.call("GET", "/sign-in")
        time.sleep(AT_REST_S)
        memory = psutil.Process(hub.process.pid).memory_info().rss / 1e6
        hub.stop()
    return first, again, memory


def _delays(folder: Path) -> list[float]:
    with EmulatedPrinter("PT-P750W", "tze:12", speed=0) as printer:
        config = folder / "hub.toml"
        config.write_text(CONFIGURATION.format(port=printer.port, snmp_port=printer.snmp_port))
        with Hub(folder / "busy", env={"LABELHUB_CONFIG": str(config)}) as hub:
            token = hub.said("API token")
            found = [_delay(hub, token, printer) for _ in range(LABELS)]
            hub.stop()
    # The first ones warm fonts and connections up.
    return found[5:]


def _delay(hub: Hub, token: str, printer: EmulatedPrinter) -> float:
    """Milliseconds from the answer to the first byte; 0 where the byte was quicker than the answer."""
    seen: list[float] = []
    before = printer.bytes_read
    watch = threading.Thread(target=_watch, args=(printer, before, seen))
    watch.start()
    body = {"printer": "main/bench", "template": "asset-tag-12", "fields": FIELDS}
    code, answer = hub.call("POST", "/api/print", body, token)
    answered = time.monotonic()
    if code != 202:
        raise RuntimeError(f"{code}: {answer}")
    watch.join()
    job = f"/api/jobs/{answer['jobs'][0]['id']}"
    while hub.call("GET", job, token=token)[1]["state"] != "completed":
        time.sleep(0.05)
    return max(0.0, (seen[0] - answered) * 1000)


def _watch(printer: EmulatedPrinter, before: int, seen: list[float]) -> None:
    deadline = time.monotonic() + 30
    while printer.bytes_read == before and time.monotonic() < deadline:
        time.sleep(0.0005)
    seen.append(time.monotonic())


if __name__ == "__main__":
    for row in rows():
        print(row)
