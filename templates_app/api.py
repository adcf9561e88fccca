from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import get_language_from_request
from ninja import Query, Router

from printers.callers import caller_of
from printers.media import find_medium
from printers.paging import chosen_fields, list_answer, page
from printers.registration import PrinterRegistration
from printers.schemas import PageQuery
from templates_app.catalog import all_templates, definition_of, describe, find_template
from templates_app.counters import all_counters, counter_state, form_of, reset_counter
from templates_app.definition import json_schema
from templates_app.registration import register
from templates_app.schemas import (
    CounterList,
    CounterOut,
    RegisterIn,
    RegisterOut,
    ResetIn,
    TemplateList,
    TemplateOut,
    TemplateQuery,
)

router = Router(tags=["Templates"])


@router.get("/templates", response=TemplateList, operation_id="list_templates")
def list_templates(request: HttpRequest, query: Query[TemplateQuery]) -> HttpResponse:
    names = chosen_fields(TemplateOut, query.fields)
    language = get_language_from_request(request)
    templates = all_templates()
    if query.media is not None:
        medium = find_medium(query.media)
        fitting = [t.pk for t in templates if t.current and definition_of(t.current).takes(medium)]
        templates = templates.filter(pk__in=fitting)
    found = page(templates, ("key",), cursor=query.cursor, limit=query.limit)
    items = [TemplateOut.model_validate(describe(template, language)) for template in found.rows]
    return list_answer(TemplateList(items=items, next_cursor=found.next_cursor), names)


@router.get("/templates/schema.json", operation_id="template_schema")
def schema(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - ninja passes it by this name
    """JSON Schema of a template definition: editors complete and check with it."""
    return JsonResponse(json_schema(), headers={"Cache-Control": "private, max-age=3600"})


@router.get("/counters", response=CounterList, operation_id="list_counters")
def list_counters(request: HttpRequest, query: Query[PageQuery]) -> HttpResponse:  # noqa: ARG001 - as above
    """Serial numbers: what was given out last, and what each template would print next."""
    names = chosen_fields(CounterOut, query.fields)
    after = query.cursor or ""
    left = [each for each in all_counters() if each.name > after]
    items = [CounterOut.of(each) for each in left[: query.limit]]
    more = items[-1].name if len(left) > query.limit else None
    return list_answer(CounterList(items=items, next_cursor=more), names)


@router.get("/counters/{name}", response=CounterOut, operation_id="read_counter")
def read_counter(request: HttpRequest, name: str) -> CounterOut:  # noqa: ARG001 - as above
    return CounterOut.of(counter_state(name))


@router.post("/counters/{name}/reset", response=CounterOut, operation_id="reset_counter")
def reset(request: HttpRequest, name: str, body: ResetIn) -> CounterOut:
    """Set what the next label gets. Numbers may come twice then; who did it and why is recorded (`counter.reset`)."""
    counter_state(name)
    reset_counter(name, form_of(name), body.next, body.reason, actor=caller_of(request).label)
    return CounterOut.of(counter_state(name))


@router.get("/templates/{slug:key}", response=TemplateOut, operation_id="read_template")
def read(request: HttpRequest, key: str) -> TemplateOut:
    return TemplateOut.model_validate(describe(find_template(key), get_language_from_request(request)))


@router.post("/templates/register", response=RegisterOut, operation_id="register_templates")
def register_templates(request: HttpRequest, body: RegisterIn) -> RegisterOut:
    """Register definitions by one diff; what could break something needs `force`, and `dry_run` shows it first.

    A descriptor with `kind` printer is a printer as in the configuration; it needs the scope `manage`.
    """
    caller = caller_of(request)
    done = register(
        body.descriptors,
        by=caller.label,
        origin="API",
        force=body.force,
        dry_run=body.dry_run,
        printers=PrinterRegistration(caller),
    )
    return RegisterOut.model_validate(done.as_json())
