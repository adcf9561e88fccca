"""A reprint is a new job: what is over stays as it was."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from jobs.doorbell import ring_on_commit
from jobs.errors import NotAllowed, PrinterNotUsable
from jobs.layout import medium_for, render_job, why_not_usable
from jobs.models import Job, Outcome
from jobs.states import PENDING
from printers.callers import Caller
from printers.models import record
from templates_app.catalog import current_version, definition_of, find_template
from templates_app.rendering.values import SERIAL
from templates_app.serials import allocate


def reprint(job: Job, caller: Caller, *, rerender: bool = False) -> Job:
    """Print it again, whatever became of it; returns the new job.

    The same dots as before, or, with `rerender`, what today's version of the template makes of its values on the tape
    that is loaded now. Raises NotAllowed for an imported job, UnknownTemplate where the template is gone, and what is
    wrong with the values by its rules of today.
    """
    with transaction.atomic():
        return print_again(job, caller, **(_drawn_today(job) if rerender else {}))


def print_again(job: Job, caller: Caller, **changes: Any) -> Job:
    """Call it in a transaction. Where no label came out, the new job takes the place of the old one in its batch."""
    again = new_job(job, caller, **changes)
    refuse_impossible([again])
    again.save(force_insert=True)
    record("job.pending", **asked_again(again))
    ring_on_commit(again.printer_id)
    return again


def refuse_impossible(jobs: Iterable[Job]) -> None:
    """Raises NotAllowed for an imported job, PrinterNotUsable where a printer cannot print at all."""
    printers = {}
    for job in jobs:
        if job.template_version_id is None:
            raise NotAllowed(
                "This job cannot be printed again: its template is not in this hub.", extra={"state": job.state}
            )
        printers[job.printer_id] = job
    for job in printers.values():
        if sentence := why_not_usable(job.printer):
            raise PrinterNotUsable(sentence)


def new_job(job: Job, caller: Caller, **changes: Any) -> Job:
    """Not saved yet."""
    same = {
        "printer": job.printer,
        "pool_id": job.pool_id,
        "placement": job.placement,
        "template_version_id": job.template_version_id,
        "template_key": job.template_key,
        "fields": job.fields,
        "copies": job.copies,
        "options": job.options,
        "medium": job.medium,
        "priority": job.priority,
        "artifact": job.artifact,
        "render_time": job.render_time,
    }
    if job.outcome == Outcome.NOT_PRINTED:
        same |= {"batch_id": job.batch_id, "position": job.position}
    return Job(
        **same | changes,
        reprint_of=job,
        requested_by=caller.label,
        user_id=caller.user_id,
        api_token_id=caller.token_id,
        source_address=caller.address,
        created_at=timezone.now(),
    )


def asked_again(again: Job) -> dict[str, Any]:
    """Its first row in the log."""
    return {
        "printer_id": again.printer_id,
        "job_id": again.pk,
        "batch_id": again.batch_id,
        "actor": again.requested_by,
        "data": {"from": None, "to": str(PENDING), "reasons": [], "reprint_of": str(again.reprint_of_id)},
    }


def _drawn_today(job: Job) -> dict[str, Any]:
    version = current_version(find_template(job.template_key))
    definition = definition_of(version)
    counters = {f"{SERIAL}{name}" for name in definition.counters}
    kept = {name: value for name, value in job.fields.items() if not name.startswith(SERIAL) or name in counters}
    changes: dict[str, Any] = {
        "template_version_id": version.pk,
        "fields": allocate(definition, [kept])[0],
        "medium": medium_for(definition, job.printer).key,
        "render_time": timezone.now(),
        "artifact": "",
    }
    render_job(
        Job(
            printer=job.printer,
            template_version=version,
            fields=changes["fields"],
            options=job.options,
            copies=job.copies,
            medium=changes["medium"],
            render_time=changes["render_time"],
        )
    )
    return changes
