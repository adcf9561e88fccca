"""`GET /metrics`: answered before the check of the Host header, because Prometheus asks each process by its address."""

import time
from collections.abc import Callable

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from health.liveness import LIVENESS_PATHS
from health.metrics import CONTENT_TYPE, exposition, observe
from health.views import READINESS_PATHS
from labelhub.access import caller_for, path_of
from labelhub.problems import answer, describe, plain
from printers.errors import Forbidden, HubError

PATH = "/metrics"
# Answered by middleware, so without a pattern of their own.
PLAIN_ROUTES = frozenset({PATH, *LIVENESS_PATHS, *READINESS_PATHS})


class MetricsMiddleware:
    """Before all that work: it times them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        begun = time.perf_counter()
        response = metrics(request) if request.path_info == PATH else self.get_response(request)
        observe(request.method or "", route_label(request), response.status_code, time.perf_counter() - begun)
        return response


def metrics(request: HttpRequest) -> HttpResponse:
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    try:
        _check_caller(request)
    except HubError as error:
        return answer(describe(error, PATH))
    except (OperationalError, InterfaceError):
        return answer(plain(503, PATH))
    response = HttpResponse(exposition(), content_type=CONTENT_TYPE)
    response["Cache-Control"] = "no-store"
    return response


def _check_caller(request: HttpRequest) -> None:
    if caller_for(request, ("GET", PATH)).printer_ids:
        raise Forbidden("The numbers are about every printer, and this token is limited to some.")


def route_label(request: HttpRequest) -> str:
    """The pattern that answered; addresses that nothing answers share one name, however many are typed."""
    if request.path_info in PLAIN_ROUTES:
        return request.path_info
    match = getattr(request, "resolver_match", None)
    if match is not None:
        return path_of(match.route)
    return "static" if request.path_info.startswith(settings.STATIC_URL) else "none"
