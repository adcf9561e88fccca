from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from jobs.models import Outcome, State
from jobs.submission.request import MAX_ROWS
from printers.schemas import Flag
from printers.wire import WHOLE, Instant


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
