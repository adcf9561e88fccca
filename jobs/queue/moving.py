"""A job goes to another printer, while it waits: behind the barrier it is that printer's, whatever happens."""

from django.db import transaction

from jobs.doorbell import ring_on_commit
from jobs.errors import PrinterNotUsable
from jobs.layout import layout_of, medium_for, render_job, why_not_usable
from jobs.models import Job
from jobs.queue.change import change_waiting
from printers.callers import Caller
from printers.models import Printer, record


def move(job: Job, caller: Caller, printer: Printer) -> Job:
    """Let another printer print it, laid out anew for what that one has loaded.

    Raises NotAllowed where it does not wait, PrinterNotUsable, and what makes it impossible to draw it there.
    """
    if sentence := why_not_usable(printer):
        raise PrinterNotUsable(sentence)
    definition, _values = layout_of(job)
    medium = medium_for(definition, printer)
    probe = Job(
        printer=printer,
        template_version=job.template_version,
        fields=job.fields,
        options=job.options,
        copies=job.copies,
        medium=medium.key,
        render_time=job.render_time,
    )
    render_job(probe)
    with transaction.atomic():
        before = job.printer_id
        change_waiting(job, "move", printer_id=printer.pk, medium=medium.key, artifact="", not_before=None)
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
