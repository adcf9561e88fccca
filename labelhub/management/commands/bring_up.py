import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from jobs.epoch import SENTENCE
from labelhub.refusals import StartRefused
from labelhub.startup import bring_up


class Command(BaseCommand):
    help = "Migrate, verify, seed, register and reconcile: what a deployment runs before web and worker start."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--restored",
            action="store_true",
            help="the database was put back from a backup: nothing prints until release_after_restore",
        )

    def handle(self, *, restored: bool, **_: Any) -> None:
        try:
            done = bring_up(restored=restored)
        except StartRefused as refusal:
            sys.exit(refusal.report())
        self.stdout.write(f"Ready: {', '.join(done.steps).replace('_', ' ')}.")
        if done.restored:
            self.stdout.write(SENTENCE)
        if done.admin and done.admin.password:
            self.stdout.write(f"Sign in as {done.admin.username} with {done.admin.password} (shown this once).")
