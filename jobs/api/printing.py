from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Header, Router

from jobs.api.answers import accepted, png_answer
from jobs.schemas.printing import Accepted, FindingOut, PreviewIn, PreviewOut, PrintIn
from jobs.submission import preview, submit
from printers.api import printer_of
from printers.callers import caller_of
from printers.errors import HubError, Problem
from printers.told_together import tell_too
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
    try:
        done = submit(body.as_request(), caller_of(request), idempotency_key=idempotency_key)
    except HubError as error:
        error.problems = [body.place(each) for each in error.problems]
        raise
    return accepted(done)


@router.post(
    "/preview", response=PreviewOut, operation_id="preview_label", summary="Preview a label", tags=["Templates"]
)
def preview_label(request: HttpRequest, body: PreviewIn) -> HttpResponse:
    """The exact dots as PNG, or, with `Accept: application/json`, what somebody should know before printing them."""
    try:
        printer = str(printer_of(request, body.printer).id) if body.printer else None
    except HubError as error:
        tell_too(error, [Problem("/printer", error.detail), *body.problems()])
        raise
    try:
        rendering = preview(body.template, body.fields, printer=printer, media=body.media)
    except HubError as error:
        tell_too(error, body.problems())
        raise
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
