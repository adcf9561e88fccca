from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from jobs.models import PRIORITY_NORMAL, State
from jobs.submission.request import MAX_COPIES, MAX_ROWS, Label, Request
from jobs.submission.telling import wrong_as_such, wrong_values
from printers.errors import HubError, Problem
from printers.media import find_medium
from printers.schemas import Flag
from printers.told_together import ToldTogether
from printers.wire import WHOLE, Instant

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


class PrintIn(ToldTogether):
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

    def as_request(self) -> Request:
        """The same in the hub's own words."""
        return Request(
            printer=self.printer or "",
            pool=self.pool or "",
            template="" if self.labels else self.template or "",
            rows=[] if self.labels else self.rows if self.rows is not None else [self.fields or {}],
            labels=[
                Label(each.template or self.template or "", each.fields, each.copies or self.copies)
                for each in self.labels or []
            ],
            copies=self.copies,
            options=self.options.model_dump(exclude_none=True),
            priority=self.priority,
            expires_at=self.expires_at,
            override_lint=self.override,
            max_tape_mm=self.max_tape_mm,
        )

    def place(self, problem: Problem) -> Problem:
        """Where that stands in this body: a single one of `rows` is no field of the request."""
        if self.rows is None or not f"{problem.pointer}/".startswith("/fields/"):
            return problem
        return Problem(f"/rows/0{problem.pointer.removeprefix('/fields')}", problem.message)

    def problems(self, wrong: frozenset[str]) -> Iterable[Problem]:
        request = self.as_request()
        for each in wrong_as_such(request, len(request.labels or request.rows)):
            if each.pointer not in {"/printer", "/pool"} or not wrong & {"printer", "pool"}:
                yield each
        # A batch whose labels cannot be read at all lacks no fields.
        if self.rows or self.labels or not wrong & {"rows", "labels"}:
            yield from map(self.place, wrong_values(request))


class AcceptedJob(BaseModel):
    id: UUID
    state: State


class Accepted(BaseModel):
    """The labels are in the queue; nothing has been printed yet."""

    jobs: list[AcceptedJob]
    batch: UUID | None
    printer: Annotated[UUID | None, Field(description="Of the pool, where one was asked: where the labels are.")] = None
    placement: Annotated[str, Field(description="Why they are there, in a sentence.")] = ""


class PreviewIn(ToldTogether):
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

    stand_ins: ClassVar[Mapping[str, Any]] = {"template": "-"}

    def problems(self, wrong: frozenset[str] = frozenset()) -> Iterable[Problem]:  # noqa: ARG002 - nothing follows from it
        if self.media:
            try:
                find_medium(self.media)
            except HubError as error:
                yield Problem("/media", error.detail)
        yield from wrong_values(Request(printer="", template=self.template, rows=[self.fields]))


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
