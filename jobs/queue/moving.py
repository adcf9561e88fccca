"""A job goes to another printer, while it waits: behind the barrier it is that printer's, whatever happens."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q

from jobs.doorbell import ring_on_commit
from jobs.errors import PrinterNotUsable
from jobs.layout import layout_of, medium_for, render_job, why_not_usable
from jobs.models import Job
from jobs.queue.change import CHUNK, change_many, change_waiting
from jobs.states import HELD, PENDING, RELEASE
from printers.callers import HUB, Caller
from printers.errors import HubError
from printers.media import Medium
from printers.models import Event, Printer, record

LONGEST_PLACEMENT = 300


def move(job: Job, caller: Caller, printer: Printer) -> Job:
    """Let another printer print it, laid out anew for what that one has loaded.

    Raises NotAllowed where it does not wait, PrinterNotUsable, and what makes it impossible to draw it there.
    """
    if sentence := why_not_usable(printer):
        raise PrinterNotUsable(sentence)
    definition, _values = layout_of(job)
    medium = medium_for(definition, printer)
    render_job(_drawn_for(job, printer, medium))
    with transaction.atomic():
        before = job.printer_id
        # A person chose: it stays there, even where it was asked of a pool.
        columns = {"printer_id": printer.pk, "medium": medium.key, "artifact": "", "not_before": None}
        change_waiting(job, "move", **columns, pool_id=None, placement="")
        record(
            "job.moved",
            printer_id=printer.pk,
            job_id=job.pk,
            batch_id=job.batch_id,
            actor=caller.label,
            data={"from_printer": str(before), "to_printer": str(printer.pk), "medium": medium.key},
        )
        ring_on_commit(printer.pk)
    job.printer = printer
    return job


def move_many(jobs: Sequence[Job], printer: Printer, medium: Medium, why: str, *, same_dots: bool) -> int:
    """The hub itself moves those that still wait where they were, and lets them go; how many.

    `jobs` have one printer and one set of options. With `same_dots` their stored images are sent there as well; else
    each is drawn anew for that printer, and one that cannot be drawn for it stays where it is.
    """
    # The same dots may still not go with the options, of which all of these have the same.
    drawn = [job for job in (jobs[:1] if same_dots else jobs) if _can_be_drawn(job, printer, medium)]
    jobs = jobs if same_dots and drawn else drawn
    columns: dict[str, Any] = {"printer_id": printer.pk, "medium": medium.key, "placement": why[:LONGEST_PLACEMENT]}
    columns |= {"not_before": None} | ({} if same_dots else {"artifact": ""})
    moved = 0
    for start in range(0, len(jobs), CHUNK):
        chunk = {job.pk: job for job in jobs[start : start + CHUNK]}
        with transaction.atomic():
            waiting = Job.objects.filter(pk__in=list(chunk), state__in=[PENDING, HELD], printer_id=jobs[0].printer_id)
            states = dict(waiting.select_for_update().order_by("id").values_list("pk", "state"))
            Job.objects.filter(pk__in=list(states)).update(**columns)
            Job.objects.filter(pk__in=list(states), state=PENDING).update(reasons=[], message="")
            Event.objects.bulk_create([_moved(chunk[pk], printer, medium, why, same_dots) for pk in states])
            held = [pk for pk, state in states.items() if state == HELD]
            if held:
                change_many(Q(pk__in=held), RELEASE, actor=HUB.label, reasons=[], message="")
            if states:
                ring_on_commit(printer.pk)
        moved += len(states)
    return moved


def _moved(job: Job, printer: Printer, medium: Medium, why: str, same_dots: bool) -> Event:
    anew = "" if same_dots else " It is drawn anew for that printer."
    data = {
        "from_printer": str(job.printer_id),
        "to_printer": str(printer.pk),
        "medium": medium.key,
        "message": f"{why}{anew}",
    }
    return Event(
        kind="job.moved", printer_id=printer.pk, job_id=job.pk, batch_id=job.batch_id, actor=HUB.label, data=data
    )


def _can_be_drawn(job: Job, printer: Printer, medium: Medium) -> bool:
    try:
        render_job(_drawn_for(job, printer, medium))
    except HubError:
        return False
    return True


def _drawn_for(job: Job, printer: Printer, medium: Medium) -> Job:
    return Job(
        printer=printer,
        template_version=job.template_version,
        fields=job.fields,
        options=job.options,
        copies=job.copies,
        medium=medium.key,
        render_time=job.render_time,
    )
