"""`make bench`: every table, printed and written to docs/performance.md."""

import os
import pkgutil
import platform
import sys
import tempfile
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import bench
from bench import Row

DOCUMENT = Path(__file__).parent.parent / "docs" / "performance.md"
HEAD = "| work | peer | peer's | ours | ratio | target |\n|---|---|---:|---:|---:|---|"


def main(wanted: list[str]) -> int:
    """Run all, or those named; only a run of all is written down. Ends with 1 where one of them breaks."""
    with tempfile.TemporaryDirectory(prefix="labelhub-bench-") as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "labelhub.settings",
            "LABELHUB_DATA_DIR": folder,
            "LABELHUB_DEMO": "1",
        }
        import django

        django.setup()
        names = [name for _, name, _ in pkgutil.iter_modules(bench.__path__) if not name.startswith("_")]
        tables, broken = [], []
        for name in [each for each in names if each in wanted or not wanted]:
            module = import_module(f"bench.{name}")
            if not hasattr(module, "rows"):
                continue
            print(f"{name} …", file=sys.stderr, flush=True)
            try:
                rows = module.rows()
            except Exception as error:
                print(f"bench.{name} broke: {error!r}", file=sys.stderr)
                broken.append(name)
                continue
            said = module.notes(rows) if hasattr(module, "notes") else ""
            tables.append(f"## {name.replace('_', ' ').capitalize()}\n\n{table(rows)}\n\n{said}".rstrip())
            print(tables[-1], flush=True)
    if not wanted and not broken:
        DOCUMENT.write_text(document(tables), encoding="utf-8")
    return 1 if broken else 0


def table(rows: list[Row]) -> str:
    return "\n".join([HEAD, *map(line, rows)])


def line(row: Row) -> str:
    peer = f"{number(row.peer)} {row.unit}" if row.peer is not None else "–"
    ratio = f"{row.ratio:.1f} ×" if row.ratio is not None else "–"
    ours = f"{number(row.ours)} {row.unit}"
    return f"| {row.work} | {row.peer_name or '–'} | {peer} | {ours} | {ratio} | {row.target or '–'} |"


def number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def document(tables: list[str]) -> str:
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    intro = (
        "# Performance\n\n"
        f"Written by `make bench` on {datetime.now(UTC):%Y-%m-%d} ({machine}). Peers run in the same run as ours, "
        "in turns, so that the ratio counts; absolute figures drift with the machine."
    )
    return "\n\n".join([intro, *tables]) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
