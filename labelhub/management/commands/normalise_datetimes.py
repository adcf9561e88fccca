from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from printers.instants import Fold
from printers.normalise import InstantsInDoubt, normalise


class Command(BaseCommand):
    help = "Bring the date-times of older rows into one form: instants in UTC. Safe to run again, also after a crash."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--time-zone", default=settings.LEGACY_TIME_ZONE, help="where times without an offset are local"
        )
        parser.add_argument(
            "--fold", choices=("earlier", "later"), help="how to take a local time that the zone has twice or never"
        )
        parser.add_argument("--dry-run", action="store_true", help="count and list, change nothing")

    def handle(self, *, time_zone: str, fold: str | None, dry_run: bool, **_: Any) -> None:
        try:
            ZoneInfo(time_zone)
        except (KeyError, ValueError, OSError) as error:
            raise CommandError(f"“{time_zone}” is not a time zone; write it as in “Europe/Berlin”.") from error
        try:
            done = normalise(apps, connection, time_zone, Fold[fold.upper()] if fold else None, dry_run=dry_run)
        except InstantsInDoubt as error:
            raise CommandError(str(error)) from error
        verb = "would change" if dry_run else "changed"
        self.stdout.write(
            f"{done.read} date-times read, {verb} {done.changed}; "
            f"{done.nulls_before} were empty before, {done.nulls_after} after."
        )
