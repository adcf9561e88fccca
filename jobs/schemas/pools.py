from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from jobs.pools.settings import wrong_with
from jobs.schemas.printing import PrinterReference
from printers.errors import Problem
from printers.schemas import Flag
from printers.told_together import ToldTogether

PoolName = Annotated[str, Field(min_length=1, max_length=100, pattern="^[A-Za-z0-9_-]+$")]
Colour = Annotated[str, Field(max_length=32, examples=["white"])]
Members = Annotated[list[PrinterReference], Field(max_length=1000)]


class PoolBody(ToldTogether):
    def problems(self, wrong: frozenset[str]) -> Iterable[Problem]:
        # Nobody knows here who asks: whether there is such a site or printer is not everybody's business.
        said = self.model_dump(exclude_unset=True, exclude={"site", "printers"})
        return [each for each in wrong_with(said) if each.pointer != "/medium" or "family" not in wrong]


class PoolIn(PoolBody):
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

    stand_ins: ClassVar[Mapping[str, Any]] = {"name": "-"}


class PoolPatch(PoolBody):
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
