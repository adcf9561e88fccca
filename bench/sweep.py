"""One sweep over many emulated printers, some of them dead, by one worker: wall clock, CPU, memory, statements.

The printers run in a process of their own, and so does the worker, so that its memory is its own.
"""

import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from bench import Row
from bench._child import child
from bench._memory import peak_mb

ROOT = Path(__file__).resolve().parent.parent
DEAD_SHARE = 0.05
OPEN_FILES = 8192


def rows() -> list[Row]:
    few, many = measure(100), measure(1000)
    return [
        Row("sweep of 1,000 printers, 5 % dead (1 s timeout)", "", None, many["usual_s"], "s", "≤ 3 s"),
        Row("the same, the first one of a new worker", "", None, many["first_s"], "s", ""),
        Row("CPU per printer, 1,000 printers", "100 printers", few["cpu_ms_each"], many["cpu_ms_each"], "ms", "flat"),
        Row("statements of that sweep", "100 printers", few["statements"], many["statements"], "", "the same"),
        Row("memory of the worker after it", "", None, many["memory_mb"], "MB", "≤ 200 MB"),
    ]


def measure(printers: int, *, sweeps: int = 4) -> dict[str, float]:
    """Figures of one worker process that probes `printers` printers `sweeps` times; the first one stands alone."""
    with tempfile.TemporaryDirectory(prefix="labelhub-bench-") as folder:
        environment = {
            **os.environ,
            "LABELHUB_DEMO": "1",
            "LABELHUB_DATA_DIR": folder,
            "LABELHUB_DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3",
            "DJANGO_SETTINGS_MODULE": "labelhub.settings",
        }
        done = subprocess.run(
            [sys.executable, "-m", "bench.sweep", "worker", str(printers), str(sweeps)],
            cwd=ROOT,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def worker(printers: int, sweeps: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from printers.models import Printer, PrinterStatus, Site
    from printers.tasks import probe_due

    _many_files()
    call_command("migrate", verbosity=0)
    site = Site.objects.create(key="bench")
    dead = round(printers * DEAD_SHARE)
    with child("bench.sweep", "devices", str(printers - dead)) as ports, ExitStack() as deaf:
        silent = [_deaf(deaf) for _ in range(dead)]
        Printer.objects.bulk_create(
            Printer(site=site, name=f"p{n}", model="PT-P750W", host="127.0.0.1", snmp_port=port)
            for n, port in enumerate([*ports, *silent])
        )
        walls, cpus = [], []
        for _ in range(sweeps):
            PrinterStatus.objects.update(next_probe_at=timezone.now())
            wall, cpu = time.perf_counter(), time.process_time()
            asked = probe_due()
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
            alive = PrinterStatus.objects.filter(online=True).count()
            if (asked, alive) != (printers, printers - dead):
                raise SystemExit(f"asked {asked} of {printers}; {alive} of {printers - dead} living answered")
        PrinterStatus.objects.update(next_probe_at=timezone.now())
        memory_mb = peak_mb()
        with CaptureQueriesContext(connection) as queries:
            probe_due()
    figures = {
        "first_s": walls[0],
        "usual_s": statistics.median(walls[1:]),
        "cpu_ms_each": statistics.median(cpus[1:]) * 1000 / printers,
        "statements": len(queries),
        "memory_mb": memory_mb,
    }
    sys.stdout.write(json.dumps(figures) + "\n")


def devices(count: int) -> None:
    """Emulated printers until standard input ends; their SNMP ports on standard output."""
    from printers.emulator import EmulatedPrinter

    _many_files()
    running = [EmulatedPrinter("pt-p750w", "tze:12", port=None, speed=0).start() for _ in range(count)]
    sys.stdout.write(json.dumps([printer.snmp_port for printer in running]) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    for printer in running:
        printer.stop()


def _deaf(stack: ExitStack) -> int:
    """A port that takes every packet and says nothing."""
    sock = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    sock.bind(("127.0.0.1", 0))
    return int(sock.getsockname()[1])


def _many_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(OPEN_FILES, hard)), hard))


if __name__ == "__main__":
    role, *numbers = sys.argv[1:]
    if role == "worker":
        worker(int(numbers[0]), int(numbers[1]))
    else:
        devices(int(numbers[0]))
