from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.db.models import Q

from jobs.batches import cancel_all
from jobs.command_line import OPERATOR, told
from jobs.dispatch.stopping import try_at_once
from jobs.doorbell import ring_on_commit
from printers.inventory import pause_printer, resume_printer
from printers.lookup import find_printer


class Command(BaseCommand):
    help = "A printer's queue: pause it, resume it, cancel all that waits in it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=("pause", "resume", "clear"))
        parser.add_argument("printer", help="an id, site/handle, or a handle that only one site has")

    def handle(self, *, verb: str, printer: str, **_options: Any) -> None:
        with told():
            found = find_printer(printer)
            if verb == "pause":
                pause_printer(found, OPERATOR)
                self.stdout.write(f"{found.path} is paused: what is running finishes.")
            elif verb == "resume":
                with transaction.atomic():
                    resume_printer(found, OPERATOR)
                    try_at_once(found.id)
                    ring_on_commit(found.id)
                self.stdout.write(f"{found.path} prints again.")
            else:
                self.stdout.write(f"{found.path}: {cancel_all(Q(printer=found), OPERATOR)} canceled.")
