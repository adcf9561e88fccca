from django.http import HttpRequest

from labelhub.preferences import THEME_COOKIE, THEMES
from printers.callers import caller_of


def allowed(request: HttpRequest) -> dict[str, object]:
    """`may.print` and the like: pages show no button that would be refused."""
    # No user: an error page of a request that did not come as far as the session.
    if not getattr(getattr(request, "user", None), "is_authenticated", False):
        return {"may": {}}
    caller = caller_of(request)
    return {"may": dict.fromkeys(caller.scopes, True) | {"add_printers": caller.manages_everything}}


def appearance(request: HttpRequest) -> dict[str, str]:
    theme = request.COOKIES.get(THEME_COOKIE, "")
    return {"theme": theme if theme in THEMES else ""}
