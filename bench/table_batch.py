"""A table of 10,000 rows to its batch: checked label by label, queued at once. `python -m bench.table_batch`."""

import io
import multiprocessing
import os
import tempfile
import time

import django

from bench import Row
from bench._memory import peak_mb

COUNT, FEW = 10_000, 600


def rows() -> list[Row]:
    few, many = _measured(FEW), _measured(COUNT)
    return [
        Row(f"check {COUNT:,} rows, a row", "", None, many[0] * 1000 / COUNT, "ms", "≤ 5 ms"),
        Row(f"queue {COUNT:,} checked rows as one batch", "", None, many[1], "s", "–"),
        Row("memory above a table of 600 rows", "", None, max(0.0, many[2] - few[2]), "MB", "≤ 20 MB"),
    ]


def _measured(count: int) -> tuple[float, float, float]:
    """Seconds to check and to queue, of processor time, and the highest resident size in MB."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_print, (count,))


def _print(count: int) -> tuple[float, float, float]:
    with tempfile.TemporaryDirectory(prefix="labelhub-bench-") as folder:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "labelhub.settings", "LABELHUB_DATA_DIR": folder}
        django.setup()
        return _printed(count)


def _printed(count: int) -> tuple[float, float, float]:
    # Models want Django set up.
    from django.core.management import call_command

    from jobs.tables import keep, map_columns
    from jobs.tables.checking import bench_for, check_on, renew, style_of
    from jobs.tables.printing import Wish, confirm_table, print_table
    from labelhub.accounts.models import User
    from printers.callers import Caller
    from printers.models import Printer, Site
    from templates_app.cards import template_card
    from templates_app.data import read_table
    from templates_app.models import Template
    from templates_app.registration import load_builtin

    call_command("migrate", verbosity=0)
    load_builtin()
    user = User.objects.create(username="bench")
    site, _made = Site.objects.get_or_create(key="main")
    printer = Printer.objects.create(site=site, name="bench", model="PT-P750W", host="127.0.0.1", media="tze:12")
    card = template_card(Template.objects.usable().get(key="asset-tag-12"))
    lines = (f"Bench drill {n};A-{n:05};https://inv.invalid/a/{n}\n" for n in range(count))
    content = ("name;id;url\n" + "".join(lines)).encode()
    table = keep(read_table(io.BytesIO(content), len(content)), card, user.pk, "bench")
    map_columns(table, {"name": 0, "id": 1, "url": 2}, style_of(table))
    table.printer = printer.pk
    table.save(update_fields=["printer"])
    caller = Caller(label="bench", user_id=user.pk)
    confirm_table(table, card.definition, caller, Wish())
    started = time.process_time()
    bench = bench_for(table, card.definition, caller)
    renew(table, bench)
    check_on(table, bench, budget_s=10_000)
    checked = time.process_time()
    accepted = print_table(table, card.definition, caller)
    queued = time.process_time()
    if accepted is None or len(accepted.jobs) != count:
        raise RuntimeError("the table was not printed")
    return checked - started, queued - checked, peak_mb()


if __name__ == "__main__":
    for row in rows():
        print(f"{row.work:45} {row.ours:7.2f} {row.unit}   {row.target}")
