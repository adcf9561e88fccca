from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from printers.schemas import PageQuery
from printers.wire import WHOLE, Instant
from templates_app.counters import HIGHEST, LONGEST_REASON, CounterState

EXAMPLE: dict[str, Any] = {
    "key": "shelf",
    "title": "Shelf",
    "media": ["tze:12"],
    "fields": [{"name": "text", "required": True, "example": "Screws M3"}],
    "elements": [{"kind": "text", "text": "{text}"}],
}


class TemplateField(BaseModel):
    """A value that a label needs."""

    model_config = ConfigDict(extra="allow")

    name: Annotated[str, Field(examples=["asset_id"])]
    type: Annotated[str, Field(examples=["string"])]
    required: bool
    default: Any = None
    example: Any = None
    label: str
    help: str = ""


class TemplateOut(BaseModel):
    model_config = ConfigDict(title="Template")

    key: Annotated[str, Field(examples=["asset-tag"])]
    version: int
    title: str
    description: str
    source: str
    fields: list[TemplateField]
    media: Annotated[list[str], Field(description="Every medium that it can be printed on.", examples=[["tze:12"]])]
    orientation: str
    counters: list[str]
    created_at: Instant
    definition: dict[str, Any]


class TemplateList(BaseModel):
    items: list[TemplateOut]
    next_cursor: str | None


class TemplateQuery(PageQuery):
    media: Annotated[
        str | None, Field(max_length=40, description="Only those that take this medium.", examples=["tze:12"])
    ] = None


class CounterUse(BaseModel):
    """A template that shows the counter."""

    template: Annotated[str, Field(examples=["box-24"])]
    next: Annotated[str, Field(description="As it would be printed.", examples=["BX-00042"])]


class CounterOut(BaseModel):
    model_config = ConfigDict(title="Counter")

    name: Annotated[str, Field(examples=["box"])]
    last: Annotated[int | None, Field(description="The number that was given out last; null before the first.")]
    next: Annotated[int | None, Field(description="Null where no template has the counter any more.")]
    updated_at: Instant | None
    templates: list[CounterUse]

    @classmethod
    def of(cls, state: CounterState) -> "CounterOut":
        uses = [CounterUse(template=use.template, next=use.following) for use in state.uses]
        return cls(name=state.name, last=state.last, next=state.following, updated_at=state.updated_at, templates=uses)


class CounterList(BaseModel):
    items: list[CounterOut]
    next_cursor: str | None


class ResetIn(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"next": 1, "reason": "A new year"}]})

    next: Annotated[int, Field(strict=True, ge=0, lt=HIGHEST, description="What the next label gets."), WHOLE]
    reason: Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]


class RegisterIn(BaseModel):
    """Template definitions (`kind` template, the default) and printers (`kind` printer) to register as one."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"descriptors": [EXAMPLE], "dry_run": True}]}
    )

    descriptors: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=2000)]
    dry_run: Annotated[bool, Field(strict=True, description="Answer with the diff and change nothing.")] = False
    force: Annotated[bool, Field(strict=True, description="Apply destructive changes too.")] = False


class DiffEntry(BaseModel):
    kind: Annotated[str, Field(examples=["NewField"])]
    key: str
    path: Annotated[str, Field(examples=["/fields/owner"])]
    message: str


class DroppedPreset(BaseModel):
    template: str
    preset: str
    reason: str


class RegisterOut(BaseModel):
    model_config = ConfigDict(title="Registration")

    already_present: list[str]
    additive: list[DiffEntry]
    destructive: list[DiffEntry]
    changed_text: list[DiffEntry]
    force_required: bool
    versions: Annotated[dict[str, int], Field(description="The new version of each template that changed.")]
    dropped_presets: list[DroppedPreset]
    dry_run: bool
    printers: Annotated[
        dict[str, UUID] | None, Field(description="The id of each printer that was named, by its key in the diff.")
    ] = None
