from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal, cast
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from printers.errors import Problem
from printers.inventory import wrong_with
from printers.models import Printer
from printers.paging import DEFAULT_LIMIT, MAX_LIMIT
from printers.told_together import ToldTogether
from printers.wire import WHOLE, Instant

Text = Annotated[str, Field(max_length=1000)]
Port = Annotated[int, Field(strict=True, ge=1, le=65535), WHOLE]
Flag = Annotated[bool, Field(strict=True)]
PrinterState = Literal["idle", "processing", "stopped"]
ErrorPolicy = Annotated[
    Literal["retry-current-job", "stop-printer", "abort-job"],
    Field(
        description="When a label fails: go on with it as soon as the printer is well; stop the printer until somebody "
        "resumes it; or give the label up. One that may have come out is never sent again."
    ),
]

SITE_EXAMPLE, NAME_EXAMPLE, HOST_EXAMPLE = "main", "workbench", "printer-bench.invalid"


class OffsetOut(BaseModel):
    """By how much every label on a medium is shifted, as the tape leaves the printer."""

    model_config = ConfigDict(title="Offset")

    along_mm: Annotated[float, Field(ge=-5, le=5, description="Towards the label's end.")] = 0
    across_mm: Annotated[float, Field(ge=-5, le=5, description="Towards its lower edge.")] = 0


Calibration = Annotated[
    dict[str, OffsetOut],
    Field(
        max_length=200,
        description="By medium; what is not named is not shifted.",
        examples=[{"tze:12": {"along_mm": 0.4, "across_mm": -0.2}}],
    ),
]


class PrinterBody(ToldTogether):
    def problems(self, wrong: frozenset[str]) -> Iterable[Problem]:
        # Nobody knows here who asks: names of hosts are not looked up for everybody.
        said = self.model_dump(exclude_unset=True, exclude={"host", "port", "snmp_port"})
        follows = {"/media", "/calibration"} if "model" in wrong else set[str]()
        return [each for each in wrong_with(said) if each.pointer not in follows]


class PrinterIn(PrinterBody):
    """A printer to add. Without `name` and `queue_path` it has no handle: it is watched, not called by name."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "site": SITE_EXAMPLE,
                    "name": NAME_EXAMPLE,
                    "model": "PT-P750W",
                    "host": HOST_EXAMPLE,
                    "media": "tze:12",
                }
            ]
        },
    )

    site: Annotated[str, Field(max_length=50, description="Key of the site; made where it does not exist.")] = "main"
    name: Annotated[str, Field(max_length=200)] = ""
    queue_path: Annotated[Text, Field(description="Absolute, without a slash at its end.")] = ""
    model: Annotated[str, Field(min_length=1, max_length=64, examples=["PT-P750W", "QL-820NWB"])]
    host: Annotated[str, Field(min_length=1, max_length=253, examples=[HOST_EXAMPLE])]
    port: Port = 9100
    snmp_port: Port = 161
    snmp_community: Annotated[str, Field(max_length=120, description="Write-only: no answer ever contains it.")] = (
        "public"
    )
    media: Annotated[
        str,
        Field(
            max_length=40,
            description="What a person says lies in it; used while no status can tell.",
            examples=["tze:12"],
        ),
    ] = ""
    enabled: Flag = True
    error_policy: ErrorPolicy = "retry-current-job"

    stand_ins: ClassVar[Mapping[str, Any]] = {"model": "PT-P750W", "host": "127.0.0.1"}


class PrinterPatch(PrinterBody):
    """What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "front-desk", "enabled": True}]})

    site: Annotated[str, Field(max_length=50)] = ""
    name: Annotated[str, Field(max_length=200)] = ""
    queue_path: Text = ""
    model: Annotated[str, Field(min_length=1, max_length=64)] = "PT-P750W"
    host: Annotated[str, Field(min_length=1, max_length=253)] = HOST_EXAMPLE
    port: Port = 9100
    snmp_port: Port = 161
    snmp_community: Annotated[str, Field(max_length=120, description="Write-only.")] = ""
    media: Annotated[str, Field(max_length=40)] = ""
    enabled: Flag = True
    disabled_reason: Annotated[str, Field(max_length=300)] = ""
    error_policy: ErrorPolicy = "retry-current-job"
    calibration: Calibration = {}


class PrinterOut(BaseModel):
    model_config = ConfigDict(title="Printer")

    id: UUID
    site: Annotated[str, Field(examples=[SITE_EXAMPLE])]
    name: str
    queue_path: str
    handle: Annotated[str | None, Field(description="The one name by which it can be called on its site.")]
    path: Annotated[str, Field(examples=[f"{SITE_EXAMPLE}/{NAME_EXAMPLE}"])]
    model: str
    host: str
    port: int
    snmp_port: int
    media: str
    enabled: bool
    disabled_reason: str
    paused: bool
    stop_message: Annotated[
        str,
        Field(
            description="The failure for which it stands still. With the policy `stop-printer` it is paused, too: "
            "resume it.",
            examples=["The cover is open."],
        ),
    ]
    state: PrinterState
    reasons: Annotated[list[str], Field(description="IPP printer-state-reasons.", examples=[["media-empty-error"]])]
    config_error: str
    source: Literal["configuration", "person", "demo"]
    error_policy: ErrorPolicy
    calibration: Calibration
    created_at: Instant
    updated_at: Instant


class PrinterList(BaseModel):
    items: list[PrinterOut]
    next_cursor: str | None


class MediaOut(BaseModel):
    model_config = ConfigDict(title="LoadedMedia")

    width_mm: float | None
    length_mm: float | None
    type: str | None
    tape_color: str | None
    text_color: str | None


class StatusOut(BaseModel):
    """The last that is known of the device, from the cache: no packet is sent to answer this."""

    model_config = ConfigDict(title="PrinterStatus")

    printer_id: UUID
    online: Annotated[bool | None, Field(description="null: never asked yet.")]
    state: PrinterState
    reasons: list[str]
    tape_loaded: Annotated[str | None, Field(examples=["12mm"])]
    media: MediaOut | None
    error_state: list[str] | None
    captured_at: Instant | None
    last_seen_at: Instant | None
    last_probe_age_s: float | None
    last_error: str | None
    note: str | None
    source: Annotated[str | None, Field(description="Which of the device's answers is believed.")]
    model_seen: str | None
    display: str | None
    life_count: int | None
    stale: Annotated[bool, Field(description="The last answer is too old to be relied on.")]


class ProbeScheduled(BaseModel):
    printer_id: UUID
    detail: str


class PageQuery(BaseModel):
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    cursor: Annotated[str | None, Field(max_length=500, description="`next_cursor` of the page before.")] = None
    fields: Annotated[
        str | None,
        Field(
            max_length=500, description="Only these fields of each item, separated by commas.", examples=["id,state"]
        ),
    ] = None


class PrinterQuery(PageQuery):
    site: Annotated[str | None, Field(max_length=50)] = None
    enabled: bool | None = None


def printer_out(printer: Printer, state: str, reasons: list[str]) -> PrinterOut:
    same: dict[str, Any] = {name: getattr(printer, name) for name in COPIED}
    return PrinterOut(**same, site=printer.site.key, state=cast(PrinterState, state), reasons=reasons)


COPIED = tuple(name for name in PrinterOut.model_fields if name not in {"site", "state", "reasons"})
