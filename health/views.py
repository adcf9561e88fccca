"""Probes answer in front of every middleware: no host check, no session, no redirect can come between."""

from collections.abc import Callable, Mapping
from importlib import import_module
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse

from health.liveness import LIVENESS_PATHS, liveness_body
from health.readiness import CHECKS, Checked, overall
from health.running import run_checks
from printers.callers import printers_of

READINESS_PATHS = ("/readiness", "/readyz")
CODE_OF = {"ready": 200, "degraded": 200, "not-ready": 503}


class ProbeMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path, _, check = request.path_info.rpartition("/")
        if request.path_info in LIVENESS_PATHS:
            response = HttpResponse(liveness_body(), content_type="application/json")
        elif request.path_info in READINESS_PATHS:
            response = readiness(request)
        elif path in READINESS_PATHS:
            response = one_check(request, check)
        else:
            return self.get_response(request)
        if request.method not in {"GET", "HEAD"}:
            response = HttpResponseNotAllowed(["GET", "HEAD"])
        response["Cache-Control"] = "no-store"
        return response


def readiness(request: HttpRequest) -> HttpResponse:
    found = run_checks()
    status, trusted = overall(found), is_trusted(request, found)
    if "verbose" in request.GET:
        lines = [f"[{each.status}] {name}: {_detail(each, trusted=trusted)}" for name, each in found.items()]
        text = "\n".join([*lines, status, ""])
        return HttpResponse(text, content_type="text/plain; charset=utf-8", status=CODE_OF[status])
    body = {
        "status": status,
        "checks": {name: _shown(each, trusted=trusted) for name, each in found.items()},
        "version": settings.VERSION,
        "revision": settings.REVISION,
    }
    return JsonResponse(body, status=CODE_OF[status])


def one_check(request: HttpRequest, name: str) -> HttpResponse:
    """503 for a check that fails, also one that only degrades the whole: whoever asks for it cares about it."""
    if name not in CHECKS:
        sentence = f"There is no check of this name; there are {', '.join(CHECKS)}."
        body = {
            "type": "about:blank",
            "title": "Not Found",
            "status": 404,
            "code": "not-found",
            "detail": sentence,
            "instance": request.path,
            "problems": [],
        }
        return JsonResponse(body, status=404, content_type="application/problem+json")
    found = run_checks()
    shown = _shown(found[name], trusted=is_trusted(request, found))
    return JsonResponse(shown, status=503 if found[name].status == "fail" else 200)


def _shown(checked: Checked, *, trusted: bool) -> dict[str, object]:
    detail = _detail(checked, trusted=trusted)
    return {"status": checked.status, "detail": detail, "metric": dict(checked.metric)}


def _detail(checked: Checked, *, trusted: bool) -> str:
    return checked.private or checked.detail if trusted else checked.detail


def is_trusted(request: HttpRequest, found: Mapping[str, Checked]) -> bool:
    """Callers on this machine, and people who are signed in and may know of every printer."""
    if is_from_here(request):
        return True
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    # Who somebody is stands in the database: with a broken one nobody is known.
    if not key or found["database"].status != "ok":
        return False
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user: Any = get_user(request)
    return bool(user.is_authenticated and not printers_of(user))


def is_from_here(request: HttpRequest) -> bool:
    """Called from this very machine, and not by a proxy for somebody else."""
    forwarded = any(f"HTTP_{name}" in request.META for name in ("X_FORWARDED_FOR", "FORWARDED", "X_REAL_IP"))
    return not forwarded and _is_loopback(request.META.get("REMOTE_ADDR", ""))


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
