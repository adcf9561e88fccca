from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue


class SuggestionOut(BaseModel):
    """A template that this item fills, with what to send as `fields` to `POST /api/print`."""

    model_config = ConfigDict(title="Suggestion")

    key: str
    title: str
    fields: dict[str, JsonValue]


class ItemOut(BaseModel):
    model_config = ConfigDict(title="Item")

    integration: str
    id: str
    title: str
    url: Annotated[str, Field(description="Where the app shows it.")]
    fields: Annotated[dict[str, JsonValue], Field(description="What is known of it, by names that templates have.")]
    templates: Annotated[list[SuggestionOut], Field(description="The integration's own template first.")]
    printer: Annotated[str | None, Field(description="Where the configuration has its labels printed.")] = None
    pool: str | None = None


class ItemSummary(BaseModel):
    id: str
    title: str
    url: str
    fields: dict[str, JsonValue]


class ItemList(BaseModel):
    """At most 20, in the app's own order."""

    items: list[ItemSummary]
