from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from labelhub.dashboard import overview
from printers.callers import caller_of


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard.html", {"overview": overview(caller_of(request))})


@require_safe
def dashboard_live(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard_live.html", {"overview": overview(caller_of(request))})
