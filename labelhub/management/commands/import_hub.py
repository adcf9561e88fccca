from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from labelhub.legacy import ImportRefused, Report, import_hub
from printers.instants import Fold


class Command(BaseCommand):
    help = (
        "Import the SQLite database of a Label-Printer-Hub. Nothing is printed by it; running it again changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="its database, best copied while that hub stands still")
        parser.add_argument(
            "--time-zone", default=settings.LEGACY_TIME_ZONE, help="where its times without an offset are local"
        )
        parser.add_argument(
            "--fold", choices=("earlier", "later"), help="how to take a local time that the zone has twice or never"
        )
        parser.add_argument("--site", default="main", help="the site that its printers belong to")
        parser.add_argument("--dry-run", action="store_true", help="print the same report, write nothing")

    def handle(self, *, file: Path, time_zone: str, fold: str | None, site: str, dry_run: bool, **_: Any) -> None:
        try:
            ZoneInfo(time_zone)
        except (KeyError, ValueError, OSError) as error:
            raise CommandError(f"“{time_zone}” is not a time zone; write it as in “Europe/Berlin”.") from error
        try:
            report = import_hub(
                file, time_zone=time_zone, fold=Fold[fold.upper()] if fold else None, site=site, dry_run=dry_run
            )
        except ImportRefused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(as_text(report))


def as_text(report: Report) -> str:
    lines = ["A dry run: nothing was written."] if report.dry_run else []
    lines.append(f"{'table':<22}{'read':>8}{'written':>9}{'skipped':>9}")
    for table, count in report.tables.items():
        lines.append(f"{table:<22}{count.read:>8}{count.written:>9}{sum(count.skipped.values()):>9}")
        lines.extend(f"    {number} × {reason}" for reason, number in count.skipped.most_common())
    lines.extend(f"note: {note}" for note in report.notes)
    return "\n".join(lines)
