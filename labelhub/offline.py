"""What an installed hub needs at the root: its service worker, and the page for when there is no connection."""

from functools import lru_cache

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@lru_cache(maxsize=1)
def _script() -> str:
    text = (settings.BASE_DIR / "static" / "js" / "service_worker.js").read_text(encoding="utf-8")
    # Another version is another file, so that browsers fetch the page anew.
    return text.replace("VERSION", f"{settings.VERSION}-{settings.REVISION[:12]}", 1)


@login_not_required
@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    return HttpResponse(_script(), content_type="text/javascript; charset=utf-8", headers={"Cache-Control": "no-cache"})


@login_not_required
@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """The same for everybody: it is kept in browsers."""
    response = render(request, "offline.html")
    response["Cache-Control"] = "no-cache"
    return response
