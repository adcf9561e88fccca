from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from printers.wire import Instant


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


class ClearOut(BaseModel):
    model_config = ConfigDict(title="Cleared")

    canceled: Annotated[int, Field(description="How many jobs were canceled.")]
