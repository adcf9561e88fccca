"""A worker without a broker, to be killed: `python -m tests.faults.worker [NAME=VALUE…]`.

It works off what the sweep finds until it is killed, or with `--once` until nothing is left to do. NAME is a constant
of the product, such as jobs.lease.LEASE_S. With `--fork` it forks such a worker for every line that it reads, and says
its process id: starting one then costs nothing. With `--deployed` as well they are the workers of compose.yaml.
"""

import importlib
import os
import sys
import threading
import time
from pathlib import Path
from uuid import UUID

from tests.faults.refusing import FLAG, heed

OF_A_DEPLOYED_ONE = (
    *(
        "labelhub.celery",
        "labelhub.startup",
        "labelhub.urls",
        "jobs.tasks",
        "printers.tasks",
        "labelhub.webhooks.tasks",
    ),
    *("celery.bin.worker", "celery.apps.worker", "celery.concurrency.thread", "celery.worker.autoscale"),
    *("kombu.transport.redis", "redis", "psycopg_pool"),
)


def main() -> None:
    import django

    django.setup()
    if refuses := os.environ.get(FLAG):
        heed(Path(refuses))
    options = {argument for argument in sys.argv[1:] if argument.startswith("--")}
    for argument in sys.argv[1:]:
        if argument not in options:
            name, value = argument.split("=")
            module, constant = name.rsplit(".", 1)
            setattr(importlib.import_module(module), constant, float(value))
    if "--fork" not in options:
        work(once="--once" in options)
        return
    for module in OF_A_DEPLOYED_ONE if "--deployed" in options else ("jobs.dispatch",):
        importlib.import_module(module)
    for _line in sys.stdin:
        child = os.fork()
        if child == 0:
            work_as_deployed() if "--deployed" in options else work(once=False)
        print(child, flush=True)  # noqa: T201
        threading.Thread(target=os.waitpid, args=(child, 0), daemon=True).start()


def work(*, once: bool) -> None:
    from jobs.sweep import expire, printers_to_ring

    busy: dict[UUID, threading.Thread] = {}
    while True:
        if once and any(thread.is_alive() for thread in busy.values()):
            # Frozen in the middle of a query this thread would lock SQLite for everybody.
            time.sleep(0.02)
            continue
        expire()
        due = printers_to_ring()
        for printer_id in due:
            if printer_id not in busy or not busy[printer_id].is_alive():
                busy[printer_id] = threading.Thread(target=drain_there, args=(printer_id,), daemon=True)
                busy[printer_id].start()
        if once and not due:
            return
        time.sleep(0.02)


def work_as_deployed() -> None:
    from labelhub.celery import app
    from tests.stack import command_of

    command = command_of("worker")
    # Its banner goes to the log: whoever forked it reads process ids.
    os.dup2(2, 1)
    app.worker_main(command[command.index("worker") :])


def drain_there(printer_id: UUID) -> None:
    from django.db import connection

    from jobs.dispatch import drain

    try:
        drain(printer_id)
    finally:
        connection.close()


if __name__ == "__main__":
    main()
