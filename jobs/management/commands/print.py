import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from jobs.command_line import OPERATOR, told
from jobs.models import Job, Outcome, State
from jobs.states import TERMINAL
from jobs.submission import Request, submit

STEP_S = 0.2


class Command(BaseCommand):
    help = "Print a label; with --wait follow it to its end and exit with 1 unless it came out."

    def add_arguments(self, parser: ArgumentParser) -> None:
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument("--printer", default="", help="an id, site/handle, or a handle that only one site has")
        where.add_argument("--pool", default="", help="instead: the printer of this pool that can print it soonest")
        parser.add_argument("--template", required=True, metavar="KEY")
        parser.add_argument("--copies", type=int, default=1)
        parser.add_argument("--priority", type=int, default=50, help="1 is most urgent")
        parser.add_argument("--key", help="an Idempotency-Key: the same again prints nothing new")
        parser.add_argument("--wait", action="store_true")
        parser.add_argument("--timeout", type=float, default=60.0, metavar="SECONDS", help="how long --wait waits")
        parser.add_argument("fields", nargs="*", metavar="name=value")

    def handle(self, *, printer: str, template: str, fields: list[str], wait: bool, **options: Any) -> None:
        row: dict[str, Any] = {}
        for field in fields:
            name, equals, value = field.partition("=")
            if not equals or not name:
                raise CommandError(f"“{field}” is not of the form name=value.")
            row[name] = value
        wanted = Request(
            printer, template, [row], copies=options["copies"], priority=options["priority"], pool=options["pool"]
        )
        with told():
            accepted = submit(wanted, OPERATOR, idempotency_key=options["key"])
        job_id = accepted.jobs[0].id
        self.stdout.write(f"{job_id} {accepted.jobs[0].state}")
        if accepted.placement:
            self.stdout.write(accepted.placement)
        if wait:
            self._follow(job_id, options["timeout"])

    def _follow(self, job_id: Any, timeout_s: float) -> None:
        end = time.monotonic() + timeout_s
        shown = str(State.PENDING)
        while True:
            job = Job.objects.get(pk=job_id)
            line = " ".join(filter(None, (job.state, job.outcome, job.message)))
            if line != shown:
                self.stdout.write(f"{job_id} {line}")
                shown = line
            if job.state in TERMINAL or job.state == State.STOPPED:
                break
            if time.monotonic() > end:
                raise CommandError(f"It is still {job.state} after {timeout_s:g} s. Is the hub running?")
            time.sleep(STEP_S)
        if job.outcome not in {Outcome.CONFIRMED, Outcome.SENT}:
            raise CommandError(job.message or f"The label was not printed: {job.state}.")
