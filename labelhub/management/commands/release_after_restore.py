from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from jobs import epoch


class Command(BaseCommand):
    help = "Let a hub print again that was restored from a backup, and with it the jobs that are held since."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--keep-held",
            action="store_true",
            help="only what is new prints; what is held stays until it is released or canceled, job by job",
        )

    def handle(self, *, keep_held: bool, **_: Any) -> None:
        since = epoch.held_since()
        released = epoch.release("command line", keep_held=keep_held)
        if since is None and not released:
            self.stdout.write("Nothing was held after a restore.")
            return
        self.stdout.write(f"The hub prints again; {released} held jobs go.")
