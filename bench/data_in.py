"""Tables in: 10,000 rows read, and how much memory that takes at its highest. `python -m bench.data_in`."""

import csv
import json
import multiprocessing
import os
import tempfile
import time
from pathlib import Path

import django
from openpyxl import Workbook

from bench import Row
from bench._memory import peak_mb

COUNT = 10_000
COLUMNS = ("name", "asset id", "owner", "link", "bought")


def rows() -> list[Row]:
    found = []
    with tempfile.TemporaryDirectory(prefix="labelhub-bench-") as folder:
        for kind, write in (("CSV", _csv), ("XLSX", _xlsx), ("JSON lines", _jsonl)):
            small, large = Path(folder) / "small", Path(folder) / "large"
            write(small, 10)
            write(large, COUNT)
            _seconds, floor = _measured(small)
            seconds, peak = _measured(large)
            work = f"read {COUNT:,} rows of {kind}"
            found.append(Row(work, "", None, seconds, "s", "≤ 5 s"))
            found.append(Row(f"{work}: memory above 10 rows'", "", None, max(0.0, peak - floor), "MB", "≤ 10 MB"))
    return found


def _measured(path: Path) -> tuple[float, float]:
    """Seconds, and the highest resident size in MB of a process that did nothing else."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_read, (path,))


def _read(path: Path) -> tuple[float, float]:
    django.setup()
    from templates_app.data import read_table

    started = time.perf_counter()
    with path.open("rb") as file:
        for _line in read_table(file, path.stat().st_size).lines:
            pass
    seconds = time.perf_counter() - started
    return seconds, peak_mb()


def _values(n: int) -> list[str]:
    return [f"Bench drill {n}", f"{n:07}", f"Workshop, bay {n % 97}", f"https://inv.invalid/a/{n}", "21.11.2026"]


def _csv(path: Path, count: int) -> None:
    with path.open("w", newline="") as out:
        writer = csv.writer(out, delimiter=";")
        writer.writerow(COLUMNS)
        writer.writerows(_values(n) for n in range(count))


def _jsonl(path: Path, count: int) -> None:
    lines = (json.dumps(dict(zip(COLUMNS, _values(n), strict=True))) for n in range(count))
    path.write_text("\n".join(lines))


def _xlsx(path: Path, count: int) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Assets")
    sheet.append(COLUMNS)
    for n in range(count):
        sheet.append(_values(n))
    with path.open("wb") as out:
        book.save(out)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labelhub.settings")
    for row in rows():
        print(f"{row.work:45} {row.ours:7.2f} {row.unit}   {row.target}")
