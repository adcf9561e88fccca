"""The API: every room's router, behind one door."""

import re
from collections.abc import Iterator
from typing import Any

from ninja import NinjaAPI
from ninja.operation import Operation

from jobs.api import routers as jobs
from labelhub import problems
from labelhub.access import WEBHOOKS, Bearer
from labelhub.integrations.api import router as integrations
from labelhub.parsing import NoParameters, StrictParser
from labelhub.problems import API_PREFIX
from printers.api import router as printers
from templates_app.api import router as templates

BUSIEST = ("printers/<printer_for:id>/status", "print", "jobs/<uuidstr:id>")

parser = StrictParser()
api = NinjaAPI(
    title="LabelHub",
    docs_url=None,
    openapi_url=None,
    auth=Bearer(),
    parser=parser,
    urls_namespace="api",
)
problems.attach(api)
for router in (*jobs, printers, templates, integrations):
    api.add_router("", router)


def urls() -> tuple[list[Any], str, str]:
    """The API's addresses, in the order in which they are tried.

    The sign-in wall leaves them alone, because each checks its own caller.
    """
    patterns, app, namespace = api.urls
    _refuse_parameters()
    parser.query_names = dict(_query_names())
    for pattern in patterns:
        pattern.callback.login_required = False  # type: ignore[union-attr]
    return sorted(patterns, key=lambda each: _turn(str(each.pattern))), app, namespace


def _turn(pattern: str) -> int:
    """Scripts ask for the first ones all the time, and trying thirty others takes longer than a query.

    Then those without a parameter: `register` is not the key of a template.
    """
    return BUSIEST.index(pattern) if pattern in BUSIEST else len(BUSIEST) + ("<" in pattern)


def _refuse_parameters() -> None:
    """ninja looks at the query only where some of it is declared. What other apps add to a webhook is theirs."""
    for route, operation in _operations():
        if route not in WEBHOOKS and all(model.__ninja_param_source__ != "query" for model in operation.models):
            operation.models.append(NoParameters)


def _query_names() -> Iterator[tuple[tuple[str, str], frozenset[str]]]:
    for route, operation in _operations():
        models: list[Any] = [each for each in operation.models if each.__ninja_param_source__ == "query"]
        yield route, frozenset(name for model in models for name in model.__ninja_flatten_map__)


def _operations() -> Iterator[tuple[tuple[str, str], Operation]]:
    for bound in api._get_bound_routers():
        for path, view in bound.path_operations.items():
            route = API_PREFIX.rstrip("/") + re.sub(r"{[^}:]+:", "{", path)
            yield from (((method, route), operation) for operation in view.operations for method in operation.methods)
