from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from labelhub.dashboard import overview
from printers.callers import caller_of


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard.html", _context(request))


@require_safe
def dashboard_live(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard_live.html", _context(request))


def _context(request: HttpRequest) -> dict[str, object]:
    return {"overview": overview(caller_of(request)), "demo": settings.DEMO}
