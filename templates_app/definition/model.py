"""What a template definition consists of."""

from functools import cached_property
from typing import Annotated, Literal

import pydantic
from pydantic import field_validator, model_validator

from printers.errors import UnknownMedium
from printers.media import MEDIA, Medium, find_medium
from templates_app.definition.counters import Counter
from templates_app.definition.fields import Field, Words
from templates_app.elements import AnyElement, walk
from templates_app.elements.base import Element, Strict

MAX_ELEMENTS = 200
Edge = Annotated[float, pydantic.Field(ge=0, le=200)]
Length = Annotated[float, pydantic.Field(gt=0, le=3000)]


class AnyMedium(Strict):
    """Every medium of these kinds whose width lies in a range."""

    kinds: list[Literal["tze", "hse2", "hse3", "dk"]] | None = None
    min_width: float = pydantic.Field(0, ge=0, le=300)
    max_width: float | None = pydantic.Field(None, gt=0, le=300)
    shapes: list[Literal["continuous", "die-cut", "round"]] | None = None

    def takes(self, medium: Medium) -> bool:
        return (
            (self.kinds is None or medium.kind in self.kinds)
            and (self.shapes is None or medium.shape in self.shapes)
            and self.min_width <= medium.width_mm <= (self.max_width or 1000)
        )

    def __str__(self) -> str:
        kinds = "/".join(self.kinds) if self.kinds else "media"
        upper = f" to {self.max_width:g}" if self.max_width else ""
        return f"any {kinds} of {self.min_width:g}{upper or ' or more'} mm"


class Definition(Strict):
    """A label design: all measures in millimetres, positions in the reading direction."""

    kind: Literal["template"] = "template"
    key: str = pydantic.Field(pattern=r"^[a-z0-9]+(?:[-_][a-z0-9]+)*$", max_length=120)
    title: Words
    description: Words | None = None
    media: str | list[str] | AnyMedium
    orientation: Literal["along", "across"] = pydantic.Field(
        "along", description="Whether lines of text run along the tape or across it"
    )
    length: Length | None = pydantic.Field(
        None, description="Fixed; otherwise as long as the content on continuous media"
    )
    min_length: Length | None = None
    max_length: Length | None = None
    tape_limit: Annotated[float, pydantic.Field(gt=0, le=1000)] | None = pydantic.Field(
        None, description="Metres of tape; more for one label, or for all labels of one request, is an error"
    )
    padding: Edge | Annotated[list[Edge], pydantic.Field(min_length=4, max_length=4)] = pydantic.Field(
        0.0, description="On all sides, or [left, top, right, bottom]"
    )
    fields: list[Field] = pydantic.Field(default_factory=list, max_length=100)
    counters: dict[Annotated[str, pydantic.Field(pattern=r"^[A-Za-z][\w-]{0,63}$")], Counter] = pydantic.Field(
        default_factory=dict, max_length=20
    )
    elements: list[AnyElement] = pydantic.Field(min_length=1, max_length=MAX_ELEMENTS)

    @field_validator("media")
    @classmethod
    def _media_exist(cls, media: str | list[str] | AnyMedium) -> str | list[str] | AnyMedium:
        if isinstance(media, AnyMedium):
            return media
        if not media:
            raise ValueError("at least one medium is needed")
        try:
            found = [find_medium(key).key for key in ([media] if isinstance(media, str) else media)]
        except UnknownMedium as error:
            raise ValueError(error.detail) from None
        return found[0] if isinstance(media, str) else found

    @model_validator(mode="after")
    def _lengths_agree(self) -> "Definition":
        if self.length and (self.min_length or self.max_length):
            raise ValueError("length is fixed already: leave min_length and max_length out")
        if self.min_length and self.max_length and self.min_length > self.max_length:
            raise ValueError("min_length is above max_length")
        return self

    def takes(self, medium: Medium) -> bool:
        if isinstance(self.media, AnyMedium):
            return self.media.takes(medium)
        return medium.key in ([self.media] if isinstance(self.media, str) else self.media)

    @cached_property
    def media_keys(self) -> list[str]:
        """Every medium that the template takes, in the order of the table of media."""
        return [key for key, medium in MEDIA.items() if self.takes(medium)]

    @property
    def media_title(self) -> str:
        if isinstance(self.media, AnyMedium):
            return str(self.media)
        return ", ".join([self.media] if isinstance(self.media, str) else self.media)

    @property
    def edges(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom in the reading direction."""
        if isinstance(self.padding, list):
            left, top, right, bottom = self.padding
            return left, top, right, bottom
        return (self.padding,) * 4

    def field(self, name: str) -> Field | None:
        return next((f for f in self.fields if f.name == name), None)

    def all_elements(self) -> list[Element]:
        return list(walk(self.elements))
