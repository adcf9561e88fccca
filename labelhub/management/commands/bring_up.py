import sys
from typing import Any

from django.core.management.base import BaseCommand

from labelhub.refusals import StartRefused
from labelhub.startup import bring_up


class Command(BaseCommand):
    help = "Migrate, verify, seed, register and reconcile: what a deployment runs before web and worker start."
    requires_system_checks = []

    def handle(self, **_: Any) -> None:
        try:
            done = bring_up()
        except StartRefused as refusal:
            sys.exit(refusal.report())
        self.stdout.write(f"Ready: {', '.join(done.steps).replace('_', ' ')}.")
        if done.admin and done.admin.password:
            self.stdout.write(f"Sign in as {done.admin.username} with {done.admin.password} (shown this once).")
