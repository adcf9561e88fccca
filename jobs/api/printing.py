from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Header, Router

from jobs.api.answers import accepted, png_answer
from jobs.schemas.printing import Accepted, FindingOut, PreviewIn, PreviewOut, PrintIn
from jobs.submission import Label, Request, preview, submit
from printers.api import printer_of
from printers.callers import caller_of
from printers.errors import InvalidInput, Problem
from templates_app.catalog import current_version, definition_of, find_template
from templates_app.lint import lint
from templates_app.rendering import resolve
from templates_app.serials import upcoming

router = Router(tags=["Jobs"])

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="The same key with the same body prints nothing new and gets the first answer again.",
    ),
]


@router.post("/print", response={202: Accepted}, operation_id="print_labels", summary="Print labels")
def print_labels(request: HttpRequest, body: PrintIn, idempotency_key: IdempotencyKey = None) -> HttpResponse:
    """Check the fields against the template, and queue one label, or one for each of `rows` or `labels` as a batch."""
    wanted = Request(
        printer=body.printer or "",
        pool=body.pool or "",
        template="" if body.labels else _template(body, body.template, "/template"),
        rows=[] if body.labels else body.rows if body.rows is not None else [body.fields or {}],
        labels=[
            Label(_template(body, each.template, f"/labels/{n}/template"), each.fields, each.copies or body.copies)
            for n, each in enumerate(body.labels or [])
        ],
        copies=body.copies,
        options=body.options.model_dump(exclude_none=True),
        priority=body.priority,
        expires_at=body.expires_at,
        override_lint=body.override,
        max_tape_mm=body.max_tape_mm,
    )
    done = submit(wanted, caller_of(request), idempotency_key=idempotency_key)
    return accepted(done)


@router.post(
    "/preview", response=PreviewOut, operation_id="preview_label", summary="Preview a label", tags=["Templates"]
)
def preview_label(request: HttpRequest, body: PreviewIn) -> HttpResponse:
    """The exact dots as PNG, or, with `Accept: application/json`, what somebody should know before printing them."""
    printer = str(printer_of(request, body.printer).id) if body.printer else None
    rendering = preview(body.template, body.fields, printer=printer, media=body.media)
    raster = rendering.raster
    if request.get_preferred_type(["image/png", "application/json"]) != "application/json":
        return png_answer(request, raster.sha256, raster.png)
    definition = definition_of(current_version(find_template(body.template)))
    values = resolve(definition, {**body.fields, **upcoming(definition)})
    found = [FindingOut.model_validate(finding.as_json()) for finding in lint(rendering, definition, values)]
    answer = PreviewOut(
        findings=found, sha256=raster.sha256, lines=raster.lines, pins=raster.pins, length_mm=raster.length_mm
    )
    return HttpResponse(answer.model_dump_json(), content_type="application/json; charset=utf-8")


def _template(body: PrintIn, key: str | None, pointer: str) -> str:
    if found := key or body.template:
        return found
    sentence = "Name the template."
    raise InvalidInput(sentence, [Problem(pointer, sentence)])
