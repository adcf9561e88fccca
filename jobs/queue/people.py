"""What a person or script may do to a job. Each raises NotAllowed, with the state, where the table forbids it."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from jobs.doorbell import ring_on_commit
from jobs.errors import NotAllowed, PrinterNotUsable
from jobs.layout import layout_of, medium_for, render_job, why_not_usable
from jobs.models import Job, Outcome
from jobs.queue.change import change
from jobs.states import (
    CANCEL,
    CANCELED_BY_PERSON,
    CONFIRM,
    DENY,
    HELD,
    HELD_BY_PERSON,
    HOLD,
    NOT_PRINTED,
    PENDING,
    PRINTED,
    RELEASE,
    Move,
    refusal,
)
from printers.callers import Caller
from printers.errors import InvalidInput
from printers.models import Printer, record

TRIES = 5
HIGHEST, LOWEST = 1, 100


def cancel(job: Job, caller: Caller) -> Job:
    """Works until the first byte leaves; then the label does not come out."""
    return _do(
        job, CANCEL, "cancel", caller, [CANCELED_BY_PERSON], f"{caller.label} canceled it.", outcome=Outcome.NOT_PRINTED
    )


def hold(job: Job, caller: Caller) -> Job:
    return _do(job, HOLD, "hold", caller, [HELD_BY_PERSON], f"{caller.label} holds it.")


def release(job: Job, caller: Caller) -> Job:
    """Whatever it was held for: it is tried again."""
    with transaction.atomic():
        job = _do(job, RELEASE, "release", caller, not_before=None)
        ring_on_commit(job.printer_id)
    return job


def resolve(job: Job, caller: Caller, *, printed: bool, reprint: bool = False) -> Job:
    """Settle an unknown outcome. `reprint` prints the label again, as a new job, where it did not come out."""
    if printed:
        sentence = f"{caller.label} says that the label came out."
        return _do(job, CONFIRM, "resolve", caller, [PRINTED], sentence, outcome=Outcome.CONFIRMED)
    with transaction.atomic():
        sentence = f"{caller.label} says that no label came out."
        job = _do(job, DENY, "resolve", caller, [NOT_PRINTED], sentence, outcome=Outcome.NOT_PRINTED)
        if reprint:
            _print_again(job, caller)
    return job


def reprint(job: Job, caller: Caller) -> Job:
    """A new job with the same dots, whatever became of this one; returns the new one."""
    with transaction.atomic():
        return _print_again(job, caller)


def set_priority(job: Job, caller: Caller, priority: int) -> Job:
    """1 is most urgent; only jobs that wait have one that matters."""
    if not HIGHEST <= priority <= LOWEST:
        raise InvalidInput(f"A priority is a number from {HIGHEST} (most urgent) to {LOWEST}, not {priority}.")
    with transaction.atomic():
        _change_waiting(job, "set_priority", priority=priority)
        record(
            "job.priority",
            printer_id=job.printer_id,
            job_id=job.pk,
            batch_id=job.batch_id,
            actor=caller.label,
            data={"priority": priority},
        )
    return job


def move(job: Job, caller: Caller, printer: Printer) -> Job:
    """Let another printer print it, laid out anew for what that one has loaded; only while it waits."""
    if sentence := why_not_usable(printer):
        raise PrinterNotUsable(sentence)
    definition, _values = layout_of(job)
    medium = medium_for(definition, printer)
    probe = Job(
        printer=printer,
        template_version=job.template_version,
        fields=job.fields,
        options=job.options,
        medium=medium.key,
        render_time=job.render_time,
    )
    render_job(probe)
    with transaction.atomic():
        before = job.printer_id
        _change_waiting(job, "move", printer_id=printer.pk, medium=medium.key, artifact="", not_before=None)
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


def _do(
    job: Job, made: Move, verb: str, caller: Caller, reasons: list[str] | None = None, message: str = "", **columns: Any
) -> Job:
    for _ in range(TRIES):
        state, barrier = Job.objects.values_list("state", "barrier_at").get(pk=job.pk)
        if state not in made.sources or (state == "processing" and barrier is not None):
            raise not_allowed(verb, state)
        job.state = state
        if change(job, made, source=state, actor=caller.label, reasons=reasons or [], message=message, **columns):
            return job
    raise not_allowed(verb, state)


def _change_waiting(job: Job, verb: str, **columns: Any) -> None:
    """Change what may be changed while a job waits, and only then."""
    if Job.objects.filter(pk=job.pk, state__in=[PENDING, HELD]).update(**columns) != 1:
        raise not_allowed(verb, Job.objects.values_list("state", flat=True).get(pk=job.pk))
    for name, value in columns.items():
        setattr(job, name, value)


def not_allowed(verb: str, state: str) -> NotAllowed:
    return NotAllowed(refusal(verb, state), extra={"state": str(state)})


def _print_again(job: Job, caller: Caller) -> Job:
    if job.template_version_id is None:
        raise NotAllowed(
            "This job cannot be printed again: its template is not in this hub.", extra={"state": job.state}
        )
    if sentence := why_not_usable(job.printer):
        raise PrinterNotUsable(sentence)
    again = Job.objects.create(
        printer_id=job.printer_id,
        template_version_id=job.template_version_id,
        template_key=job.template_key,
        fields=job.fields,
        copies=job.copies,
        options=job.options,
        medium=job.medium,
        priority=job.priority,
        artifact=job.artifact,
        render_time=job.render_time,
        reprint_of=job,
        requested_by=caller.label,
        user_id=caller.user_id,
        api_token_id=caller.token_id,
        source_address=caller.address,
        created_at=timezone.now(),
    )
    record(
        "job.pending",
        printer_id=again.printer_id,
        job_id=again.pk,
        actor=caller.label,
        data={"from": None, "to": str(PENDING), "reasons": [], "reprint_of": str(job.pk)},
    )
    ring_on_commit(again.printer_id)
    return again
