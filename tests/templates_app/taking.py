"""`python -m tests.templates_app.taking DATABASE PROCESSES BATCHES` takes numbers and prints a line for each batch."""

import os
import sys

import django


def main(database: str, processes: int, batches: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "labelhub.settings"
    django.setup()
    for _ in range(processes):
        # Nothing is connected yet, so each has its own connection.
        if os.fork() == 0:
            take(database, batches)
            os._exit(0)
    for _ in range(processes):
        _pid, status = os.wait()
        assert status == 0


def take(database: str, batches: int) -> None:
    from django.db import connection, transaction

    from templates_app.definition import parse
    from templates_app.serials import allocate

    connection.settings_dict["NAME"] = database
    element = {"kind": "text", "text": "{serial:box}"}
    definition = parse({"key": "s", "title": "s", "media": "tze:12", "counters": {"box": {}}, "elements": [element]})
    for _ in range(batches):
        with transaction.atomic():
            rows = allocate(definition, [{}, {}, {}])
        os.write(1, (" ".join(row["serial:box"] for row in rows) + "\n").encode())
    connection.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
