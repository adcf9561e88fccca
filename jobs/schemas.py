from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from jobs.models import PRIORITY_NORMAL, Job, Outcome, State
from printers.models import Event
from printers.schemas import Flag, PageQuery
from printers.wire import WHOLE, Instant

MAX_COPIES, MAX_ROWS = 500, 10_000

Fields = Annotated[
    dict[str, JsonValue],
    Field(description="Values by field name of the template.", examples=[{"name": "Bench drill", "id": "A-1042"}]),
]
PrinterReference = Annotated[
    str,
    Field(
        min_length=1,
        max_length=1100,
        description="A UUID, `site/handle`, or a handle that only one site has.",
        examples=["main/workbench"],
    ),
]
TemplateKey = Annotated[str, Field(min_length=1, max_length=120, examples=["asset-tag-12"])]


class Options(BaseModel):
    """What the device does; left out means the device's or the template's own way."""

    model_config = ConfigDict(extra="forbid")

    cut: (
        Annotated[Flag, Field(description="Cut every label off (true) or none at all (false); see `half_cut`.")] | None
    ) = None
    half_cut: (
        Annotated[
            Flag,
            Field(
                description="True: a strip, with half-cuts between the labels and copies, cut off at its end. False: "
                "separate labels. Left out: a strip where the model half-cuts and `cut` is left out."
            ),
        ]
        | None
    ) = None
    high_resolution: Flag | None = None
    rotate: Annotated[int, Field(strict=True, description="Quarter turns only, in degrees."), WHOLE] | None = None


class LabelIn(BaseModel):
    """One label of a batch, with a template of its own."""

    model_config = ConfigDict(extra="forbid")

    template: Annotated[TemplateKey | None, Field(description="Left out: the request's.")] = None
    fields: Fields = {}
    copies: Annotated[
        Annotated[int, Field(strict=True, ge=1, le=MAX_COPIES), WHOLE] | None,
        Field(description="Left out: the request's."),
    ] = None


class PrintIn(BaseModel):
    """One label (`fields`), or several as a batch: `rows` for one template, `labels` for several."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "printer": "main/workbench",
                    "template": "asset-tag-12",
                    "fields": {"name": "Bench drill", "id": "A-1042"},
                    "copies": 1,
                }
            ]
        },
    )

    printer: PrinterReference | None = None
    pool: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=160,
            description="Instead of a printer: the one of this pool that can print it soonest. A UUID, `site/name`, or "
            "a name that only one site has.",
        ),
    ] = None
    template: Annotated[TemplateKey | None, Field(description="Needed unless each of `labels` has its own.")] = None
    fields: Fields | None = None
    rows: Annotated[list[Fields], Field(min_length=1, max_length=MAX_ROWS)] | None = None
    labels: Annotated[list[LabelIn], Field(min_length=1, max_length=MAX_ROWS)] | None = None
    copies: Annotated[int, Field(strict=True, ge=1, le=MAX_COPIES), WHOLE] = 1
    options: Options = Options()
    priority: Annotated[int, Field(strict=True, ge=1, le=100, description="1 is most urgent."), WHOLE] = PRIORITY_NORMAL
    expires_at: Annotated[Instant | None, Field(description="A label that was not printed by then never prints.")] = (
        None
    )
    override: Annotated[
        Flag,
        Field(
            description="Print in spite of what lint calls an error. Needs the scope manage; each job's story tells it."
        ),
    ] = False
    max_tape_mm: Annotated[
        float | None,
        Field(gt=0, le=10_000_000, description="Refuse the request if its labels take more tape than this."),
    ] = None

    @model_validator(mode="after")
    def _one_of_fields_and_rows(self) -> "PrintIn":
        if sum(each is not None for each in (self.fields, self.rows, self.labels)) > 1:
            raise ValueError("give either fields (one label) or rows or labels (several)")
        return self


class AcceptedJob(BaseModel):
    id: UUID
    state: State


class Accepted(BaseModel):
    """The labels are in the queue; nothing has been printed yet."""

    jobs: list[AcceptedJob]
    batch: UUID | None
    printer: Annotated[UUID | None, Field(description="Of the pool, where one was asked: where the labels are.")] = None
    placement: Annotated[str, Field(description="Why they are there, in a sentence.")] = ""


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


class MediaWaitOut(BaseModel):
    """Labels of one printer that wait for one tape."""

    model_config = ConfigDict(title="MediaWait")

    printer: Annotated[UUID, Field(validation_alias="printer_id")]
    medium: Annotated[str, Field(examples=["tze:12"])]
    tape_color: Annotated[str, Field(description="Empty: any.")]
    text_color: str
    jobs: int
    labels: Annotated[int, Field(description="With their copies.")]
    people: Annotated[int, Field(description="People and scripts who asked for them.")]
    since: Instant


class MediaWaitList(BaseModel):
    items: list[MediaWaitOut]


class MediaWaitQuery(BaseModel):
    printer: Annotated[str | None, Field(max_length=1100, description="A UUID or `site/handle`.")] = None


PoolName = Annotated[str, Field(min_length=1, max_length=100, pattern="^[A-Za-z0-9_-]+$")]
Colour = Annotated[str, Field(max_length=32, examples=["white"])]
Members = Annotated[list[PrinterReference], Field(max_length=1000)]


class PoolIn(BaseModel):
    """Printers that stand in for each other. Left out, all of the site belong, whatever is loaded in them."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"site": "main", "name": "black-12", "medium": "tze:12", "tape_color": "white", "text_color": "black"}
            ]
        },
    )

    site: Annotated[str, Field(max_length=50, description="Key of the site.")] = "main"
    name: PoolName
    medium: Annotated[
        str, Field(max_length=40, description="Has to be loaded; empty: any that the template is for.")
    ] = ""
    tape_color: Colour = ""
    text_color: Colour = ""
    every_printer: Annotated[Flag, Field(description="All printers of the site belong, of `family` if given.")] = True
    family: Annotated[Literal["", "pt", "ql"], Field(description="Of `every_printer` only these.")] = ""
    printers: Annotated[Members, Field(description="Printers that belong by name, of any site.")] = []


class PoolPatch(BaseModel):
    """What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"medium": "tze:24"}]})

    name: PoolName = "black-12"
    medium: Annotated[str, Field(max_length=40)] = ""
    tape_color: Colour = ""
    text_color: Colour = ""
    every_printer: Flag = True
    family: Literal["", "pt", "ql"] = ""
    printers: Members = []


class PoolOut(BaseModel):
    model_config = ConfigDict(title="Pool")

    id: UUID
    site: str
    name: str
    path: Annotated[str, Field(examples=["main/black-12"])]
    medium: str
    tape_color: str
    text_color: str
    every_printer: bool
    family: str
    printers: Annotated[list[UUID], Field(description="Those that belong by name.")]
    members: Annotated[list[UUID], Field(description="All that belong now.")]


class PoolList(BaseModel):
    items: list[PoolOut]
    next_cursor: str | None


class BatchJob(BaseModel):
    id: UUID
    position: int
    state: State
    outcome: Outcome | None


class BatchSummary(BaseModel):
    total: int
    states: Annotated[dict[str, int], Field(examples=[{"completed": 11, "processing": 1}])]
    outcomes: Annotated[dict[str, int], Field(examples=[{"confirmed": 11}])]
    confirmed: Annotated[int, Field(description="Labels of which the printer showed that it printed them.")]
    came_out: Annotated[int, Field(description="Those, and labels that the printer has, of which it tells no more.")]
    waiting: Annotated[int, Field(description="Labels that may still come out by themselves.")]
    unknown: Annotated[int, Field(description="Labels of which a person has to say whether they came out.")]
    next_position: Annotated[int | None, Field(description="Of the first label that did not come out; null: all did.")]


class BatchOut(BaseModel):
    model_config = ConfigDict(title="Batch")

    id: UUID
    printer: UUID | None
    requested_by: str
    created_at: Instant
    summary: BatchSummary
    jobs: Annotated[list[BatchJob], Field(description="All of them, in order.")]


class ResumeIn(BaseModel):
    """Which labels of a batch go on; an empty object means from the first one that did not come out."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"from": 37}]})

    start: Annotated[
        Annotated[int, Field(strict=True, ge=0, lt=MAX_ROWS), WHOLE] | None,
        Field(alias="from", description="A `position` as in `jobs`; 0 is the first."),
    ] = None
    again: Annotated[Flag, Field(description="Print also those again that came out.")] = False
    unknown: Annotated[
        Literal["ask", "reprint", "leave"],
        Field(
            description="What to do where nobody knows whether a label came out: refuse until somebody has said so, "
            "print it again, or leave it as it is."
        ),
    ] = "ask"


class ReprintIn(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"rerender": True}]})

    rerender: Annotated[
        Flag,
        Field(description="Draw it anew by today's version of the template, for the tape that is loaded now."),
    ] = False


class ClearOut(BaseModel):
    model_config = ConfigDict(title="Cleared")

    canceled: Annotated[int, Field(description="How many jobs were canceled.")]


class PreviewIn(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"template": "asset-tag-12", "fields": {"name": "Bench drill", "id": "A-1042"}, "media": "tze:12"}
            ]
        },
    )

    template: TemplateKey
    fields: Fields = {}
    printer: PrinterReference | None = None
    media: Annotated[str | None, Field(max_length=40, examples=["tze:12", "dk:62red"])] = None


class FindingOut(BaseModel):
    """One thing that somebody should know before printing."""

    model_config = ConfigDict(title="Finding")

    severity: Literal["error", "warning", "info"]
    code: str
    element: Annotated[str, Field(description="Empty: the whole label.")]
    message: str
    suggestion: str


class PreviewOut(BaseModel):
    model_config = ConfigDict(title="Preview")

    findings: list[FindingOut]
    sha256: Annotated[str, Field(description="Of the PNG that the same request without Accept: application/json gets.")]
    lines: int
    pins: int
    length_mm: float


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
