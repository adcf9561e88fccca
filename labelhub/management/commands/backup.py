from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from labelhub.backup import BackupRefused, back_up


class Command(BaseCommand):
    help = "Copy an embedded hub into a folder, while it runs: database, pictures of labels, key."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="is made; holds secrets, like the data folder itself")

    def handle(self, *, folder: Path, **_: Any) -> None:
        try:
            back_up(folder.absolute())
        except BackupRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"The backup is in {folder}.")
