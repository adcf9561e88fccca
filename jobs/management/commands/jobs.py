from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from jobs import queue
from jobs.command_line import OPERATOR, job_named, told
from jobs.models import PRIORITY_URGENT, Job
from printers.lookup import find_printer


class Command(BaseCommand):
    help = "What a person may do with jobs: the same rules as in the pages and the API."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        for verb, text in (
            ("cancel", "works until the first byte leaves; then the label does not come out"),
            ("hold", "let it wait until somebody releases it"),
            ("release", "let it go on"),
            ("reprint", "print it again, as a new job"),
            ("resolve", "say whether the label of an unknown outcome came out"),
            ("move", "let another printer print it, laid out anew for what that one has loaded"),
            ("priority", "change its turn"),
        ):
            each = verbs.add_parser(verb, help=text, description=text.capitalize() + ".")
            each.add_argument("ids", nargs="+", metavar="ID")
            if verb == "reprint":
                each.add_argument("--rerender", action="store_true", help="drawn anew by today's template")
            elif verb == "resolve":
                answer = each.add_mutually_exclusive_group(required=True)
                answer.add_argument("--printed", action="store_true", help="it came out")
                answer.add_argument("--not-printed", action="store_true", help="it did not")
                answer.add_argument("--again", action="store_true", help="it did not: print it again, as a new job")
            elif verb == "move":
                each.add_argument("--to", required=True, metavar="PRINTER", help="an id, site/handle, or a handle")
            elif verb == "priority":
                each.add_argument("--to", type=int, default=PRIORITY_URGENT, metavar="N", help="1 is most urgent")

    def handle(self, *, verb: str, ids: list[str], **options: Any) -> None:
        refused = 0
        for each in ids:
            try:
                with told():
                    job = _done(verb, job_named(each), options)
            except CommandError as error:
                refused += 1
                self.stderr.write(f"{each} {error}")
            else:
                self.stdout.write(" ".join(filter(None, (str(job.pk), job.state, job.outcome))))
        if refused:
            raise CommandError(f"{refused} of {len(ids)} refused.")


def _done(verb: str, job: Job, options: dict[str, Any]) -> Job:
    if verb == "reprint":
        return queue.reprint(job, OPERATOR, rerender=options["rerender"])
    if verb == "resolve":
        return queue.resolve(job, OPERATOR, printed=options["printed"], reprint=options["again"])
    if verb == "move":
        return queue.move(job, OPERATOR, find_printer(options["to"]))
    if verb == "priority":
        return queue.set_priority(job, OPERATOR, options["to"])
    return {"cancel": queue.cancel, "hold": queue.hold, "release": queue.release}[verb](job, OPERATOR)
