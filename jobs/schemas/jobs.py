from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from jobs.models import Job, Outcome, State
from jobs.schemas.printing import PrinterReference
from printers.models import Event
from printers.schemas import Flag, PageQuery
from printers.wire import WHOLE, Instant


class JobOut(BaseModel):
    model_config = ConfigDict(title="Job")

    id: UUID
    state: Annotated[State, Field(description="IPP job state (RFC 8011).")]
    reasons: Annotated[
        list[str],
        Field(description="IPP job-state-reasons; ours begin with hub-.", examples=[["job-completed-successfully"]]),
    ]
    message: Annotated[str, Field(description="The same in a sentence.")]
    outcome: Annotated[Outcome | None, Field(description="What is known of the label itself; null while it is open.")]
    printer: Annotated[UUID, Field(description="The printer's id.")]
    pool: Annotated[UUID | None, Field(description="The pool that was asked; until it is sent it may change printers.")]
    placement: Annotated[str, Field(description="Why it is at this printer of the pool, in a sentence.")]
    template: str
    template_version: int | None
    medium: str
    fields: dict[str, JsonValue]
    copies: int
    options: dict[str, JsonValue]
    priority: int
    batch: UUID | None
    position: int
    reprint_of: UUID | None
    requested_by: str
    created_at: Instant
    expires_at: Instant | None
    started_at: Instant | None
    finished_at: Instant | None


class JobList(BaseModel):
    items: list[JobOut]
    next_cursor: str | None


class JobQuery(PageQuery):
    state: State | None = None
    outcome: Outcome | None = None
    printer: Annotated[str | None, Field(max_length=1100, description="A UUID or `site/handle`.")] = None
    template: Annotated[str | None, Field(max_length=120)] = None
    batch: UUID | None = None
    requested_by: Annotated[str | None, Field(max_length=160)] = None
    created_from: Annotated[Instant | None, Field(description="At or after.")] = None
    created_before: Annotated[Instant | None, Field(description="Before.")] = None
    text: Annotated[
        str | None,
        Field(
            max_length=200,
            description="Part of a field's value, of the template's key, or of who asked. One page looks through a "
            "limited number of jobs: it may have few items, or none, and still name a `next_cursor`.",
        ),
    ] = None


class EventOut(BaseModel):
    model_config = ConfigDict(title="Event")

    id: int
    at: Instant
    kind: Annotated[str, Field(examples=["job.completed"])]
    printer: UUID | None
    job: UUID | None
    batch: UUID | None
    actor: str
    data: dict[str, JsonValue]


class EventList(BaseModel):
    items: list[EventOut]
    next_cursor: str | None


class Resolve(BaseModel):
    """What a person saw at the printer."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"printed": True}]})

    printed: Annotated[bool, Field(strict=True, description="Did the label come out?")]
    reprint: Annotated[bool, Field(strict=True, description="If it did not: print it again, as a new job.")] = False


class MoveIn(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"printer": "main/workbench"}]})

    printer: PrinterReference


class PriorityIn(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"priority": 10}]})

    priority: Annotated[int, Field(strict=True, ge=1, le=100, description="1 is most urgent."), WHOLE]


class ReprintIn(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"rerender": True}]})

    rerender: Annotated[
        Flag,
        Field(description="Draw it anew by today's version of the template, for the tape that is loaded now."),
    ] = False


def job_out(job: Job) -> JobOut:
    """`job` comes with its template version selected, so that this costs no query."""
    version = job.template_version
    same: dict[str, Any] = {name: getattr(job, name) for name in COPIED}
    return JobOut(
        **same,
        printer=job.printer_id,
        pool=job.pool_id,
        template=job.template_key,
        template_version=version.number if version else None,
        batch=job.batch_id,
        reprint_of=job.reprint_of_id,
    )


RENAMED = {"printer", "pool", "template", "template_version", "batch", "reprint_of"}
COPIED = tuple(name for name in JobOut.model_fields if name not in RENAMED)


def event_out(event: Event) -> EventOut:
    return EventOut(
        id=event.id,
        at=event.at,
        kind=event.kind,
        printer=event.printer_id,
        job=event.job_id,
        batch=event.batch_id,
        actor=event.actor,
        data=event.data,
    )
