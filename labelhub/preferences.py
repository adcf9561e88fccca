"""How a person wants the pages: language, time zone, light or dark. Kept in cookies, and with the account."""

from collections.abc import Callable
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

THEMES = frozenset({"", "light", "dark"})
ZONE_COOKIE, THEME_COOKIE = "zone", "theme"
A_YEAR = 365 * 24 * 3600


class PreferencesMiddleware:
    """Activates the person's time zone and language; the browser's own where the account says nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.zones = available_timezones()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # No cookie, no person: the session stays unread, so that API requests do not pay for it.
        person = request.user if settings.SESSION_COOKIE_NAME in request.COOKIES else None
        language = getattr(person, "language", "")
        if language in dict(settings.LANGUAGES):
            translation.activate(language)
        zone = getattr(person, "time_zone", "") or request.COOKIES.get(ZONE_COOKIE, "")
        if zone not in self.zones:
            return self.get_response(request)
        with timezone.override(ZoneInfo(zone)):
            return self.get_response(request)


@login_not_required
@require_POST
def set_preferences(request: HttpRequest) -> HttpResponse:
    """POST theme=light|dark|"" or language=en|de, and `next`."""
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = "/"
    response = HttpResponseRedirect(target)
    theme = request.POST.get("theme")
    if theme in THEMES:
        response.set_cookie(THEME_COOKIE, theme or "", max_age=A_YEAR, samesite="Lax")
    language = request.POST.get("language")
    if language in dict(settings.LANGUAGES):
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, str(language), max_age=A_YEAR, samesite="Lax")
        if request.user.is_authenticated:
            request.user.language = str(language)
            request.user.save(update_fields=["language"])
    return response
