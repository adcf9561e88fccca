from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand

from jobs import batches
from jobs.command_line import OPERATOR, told


class Command(BaseCommand):
    help = "A batch as a whole: how far it is, cancel the rest, resume."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        verbs.add_parser("show", help="how far it is").add_argument("id", type=UUID)
        verbs.add_parser("cancel", help="cancel what has not been sent").add_argument("id", type=UUID)
        resume = verbs.add_parser("resume", help="go on at the first label that did not come out")
        resume.add_argument("id", type=UUID)
        resume.add_argument("--from", dest="start", type=int, metavar="N", help="at this label; 1 is the first")
        resume.add_argument("--again", action="store_true", help="print those again, too, that came out")
        resume.add_argument(
            "--unknown", choices=("ask", "reprint", "leave"), default="ask", help="labels that may have come out"
        )

    def handle(self, *, verb: str, id: UUID, **options: Any) -> None:
        with told():
            batch = batches.find_batch(id, OPERATOR)
            if verb == "cancel":
                batches.cancel_rest(batch, OPERATOR)
            elif verb == "resume":
                start = None if options["start"] is None else options["start"] - 1
                batches.resume(batch, OPERATOR, start=start, again=options["again"], unknown=options["unknown"])
            progress = batches.progress_of(batch, OPERATOR)
        states = ", ".join(f"{count} {state}" for state, count in sorted(progress.states.items()))
        self.stdout.write(f"{batch.id} {progress.confirmed} of {progress.total} confirmed: {states}")
