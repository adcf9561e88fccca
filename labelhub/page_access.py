"""Which scope a page needs: one table, enforced in front of every view.

Looking needs `read`. What changes something, and is not in the table, is for nobody.
"""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from jobs.models import Job
from labelhub.accounts.roles import Scope
from printers.callers import Caller, caller_of

PAGES: dict[str, Scope] = {
    "support-bundle": Scope.MANAGE,
    "tokens": Scope.READ,
    "token-revoke": Scope.READ,
    "print": Scope.PRINT,
    "print-form": Scope.PRINT,
    "print-preview": Scope.PRINT,
    "look-up": Scope.PRINT,
    "preset": Scope.PRINT,
    "preset-keep": Scope.PRINT,
    "template-favourite": Scope.READ,
    "template-new": Scope.DESIGN,
    "template-edit": Scope.DESIGN,
    "template-edit-live": Scope.DESIGN,
    "template-review": Scope.DESIGN,
    "version-restore": Scope.DESIGN,
    "counter-reset": Scope.MANAGE,
    "font-add": Scope.DESIGN,
    "font-remove": Scope.DESIGN,
    "picture-add": Scope.DESIGN,
    "picture-remove": Scope.DESIGN,
    "table-upload": Scope.PRINT,
    "table": Scope.PRINT,
    "table-columns": Scope.PRINT,
    "table-forget": Scope.PRINT,
    "table-progress": Scope.PRINT,
    "table-skip-errors": Scope.PRINT,
    "table-print": Scope.PRINT,
    "table-withdraw": Scope.PRINT,
    "table-csv": Scope.PRINT,
    "table-row": Scope.PRINT,
    "table-picture": Scope.PRINT,
    "job-action": Scope.PRINT,
    "jobs-act": Scope.PRINT,
    "job-resolve": Scope.PRINT,
    "job-move": Scope.PRINT,
    "batch-cancel": Scope.PRINT,
    "batch-resume": Scope.PRINT,
    "pool-new": Scope.MANAGE,
    "pool-edit": Scope.MANAGE,
    "pool-remove": Scope.MANAGE,
    "printer-test": Scope.PRINT,
    "printer-probe": Scope.PRINT,
    "printer-doctor": Scope.PRINT,
    "printer-new": Scope.MANAGE,
    "printer-scan": Scope.MANAGE,
    "printer-edit": Scope.MANAGE,
    "printer-remove": Scope.MANAGE,
    "printer-calibration": Scope.MANAGE,
    "printer-use-model": Scope.MANAGE,
    "printer-clear": Scope.MANAGE,
    "printer-pause": Scope.MANAGE,
    "printer-resume": Scope.MANAGE,
}
# They ask for themselves who may do what.
WITH_THEIR_OWN_DOOR = ("api/", "admin/")
LOOKING = frozenset({"GET", "HEAD", "OPTIONS"})


class PageAccessMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, _args: object, kwargs: dict[str, Any]) -> None:
        match = request.resolver_match
        if match is None or match.route.startswith(WITH_THEIR_OWN_DOOR) or not getattr(view, "login_required", True):
            return
        if not request.user.is_authenticated:
            return
        caller = caller_of(request)
        wanted = PAGES.get(match.url_name or "", Scope.READ if request.method in LOOKING else None)
        if wanted is None or wanted not in caller.scopes:
            raise PermissionDenied
        _refuse_what_is_out_of_reach(caller, kwargs)


def _refuse_what_is_out_of_reach(caller: Caller, kwargs: dict[str, Any]) -> None:
    """To somebody who is limited to some printers the others, and their jobs, do not exist."""
    if not caller.printer_ids:
        return
    printer_id = kwargs.get("printer_id")
    if "job_id" in kwargs:
        printer_id = Job.objects.filter(pk=kwargs["job_id"]).values_list("printer_id", flat=True).first()
    if printer_id is not None and not caller.may_use(printer_id):
        raise Http404
