"""What this hub is, how it is, and what to send to somebody who is to help."""

from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from health.readiness import overall
from health.running import run_checks
from labelhub.about.bundle import support_bundle
from labelhub.about.facts import check_title, packages, settings_in_effect, versions
from printers.callers import caller_of
from printers.models import record

TONES = {"ok": "ok", "stale": "warn", "fail": "error", "skipped": "off"}


@dataclass(frozen=True, slots=True)
class Shown:
    title: str
    text: str
    tone: str
    word: str

    @property
    def symbol(self) -> str:
        return f"s-{self.tone}"


@never_cache
@require_safe
def about(request: HttpRequest) -> HttpResponse:
    may_manage = caller_of(request).manages_everything
    found = run_checks()
    words = {"ok": _("well"), "stale": _("late"), "fail": _("not well"), "skipped": _("not needed here")}
    checks = [
        Shown(
            check_title(name),
            (each.private if may_manage else "") or each.detail,
            TONES[each.status],
            words[each.status],
        )
        for name, each in found.items()
    ]
    context = {
        "versions": versions(),
        "status": overall(found),
        "checks": checks,
        "may_manage": may_manage,
        "settings": settings_in_effect() if may_manage else {},
        "packages": packages(),
        "demo": settings.DEMO,
    }
    return render(request, "about.html", context)


@require_POST
def download_bundle(request: HttpRequest) -> HttpResponse:
    caller = caller_of(request)
    if not caller.manages_everything:
        raise PermissionDenied
    record("hub.support-bundle", actor=caller.label)
    response = HttpResponse(support_bundle(), content_type="application/zip")
    name = f"labelhub-support-{timezone.now():%Y%m%d-%H%M}.zip"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
