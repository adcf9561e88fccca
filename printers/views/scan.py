"""Looking for printers in the network, when a person asks for it."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from printers.callers import caller_of
from printers.configuration import DEFAULT_COMMUNITY
from printers.errors import HubError
from printers.scan import CHUNK, Sighting, likely_networks, places_of, scan


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def look_around(request: HttpRequest) -> HttpResponse:
    """GET sends nothing. POST `network` (and `snmp_community`) asks it all, or with htmx one part after the other."""
    if not caller_of(request).manages_everything:
        raise PermissionDenied
    likely = likely_networks(request.META.get("REMOTE_ADDR", ""))
    network = request.POST.get("network", likely[0] if likely else "")
    community = request.POST.get("snmp_community", "") or DEFAULT_COMMUNITY
    context: dict[str, Any] = {"network": network, "likely": likely, "community": community}
    if request.method != "POST":
        return render(request, "printers/scan.html", context)
    try:
        places = places_of(network)
    except HubError as error:
        return render(request, "printers/scan.html", context | {"error": error.detail}, status=422)
    if "at" not in request.POST:
        if request.POST.get("step") == "parts":
            return render(request, "printers/scan.html", context | _part([], 0, len(places)))
        return render(request, "printers/scan.html", context | _part(scan(places, community), len(places), len(places)))
    start = int(at) if (at := request.POST["at"]).isdecimal() else 0
    end = min(start + CHUNK, len(places))
    context |= _part(scan(places[start:end], community), end, len(places))
    context["so_far"] = _count(request) + len(context["sightings"])
    return render(request, "printers/scan_part.html", context)


def _part(sightings: list[Sighting], at: int, total: int) -> dict[str, Any]:
    return {"sightings": sightings, "at": at, "total": total, "over": at >= total, "so_far": len(sightings)}


def _count(request: HttpRequest) -> int:
    return int(text) if (text := request.POST.get("so_far", "")).isdecimal() else 0
