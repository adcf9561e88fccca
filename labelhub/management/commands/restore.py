import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from labelhub.backup import BackupRefused, put_back
from labelhub.refusals import StartRefused


class Command(BaseCommand):
    help = "Put a backup of an embedded hub back, while it stands still. Nothing prints until release_after_restore."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="what “manage.py backup” made")

    def handle(self, *, folder: Path, **_: Any) -> None:
        try:
            before = put_back(folder.absolute())
        except BackupRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        except StartRefused as refusal:
            sys.exit(refusal.report())
        if before:
            self.stdout.write(f"The database that was there is kept as {before}.")
        self.stdout.write(
            "Start the hub. It holds what it would print, because it may have printed it since the backup was made: "
            "look at the queue, then run “manage.py release_after_restore”."
        )
