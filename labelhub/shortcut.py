"""The way of a script's request: past what only browsers need (sessions, languages, forms), which costs as much again
as the answer. Whatever is unusual goes the long way, with the same result."""

from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import DisallowedHost
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import resolve
from django.utils import translation

from labelhub.problems import API_PREFIX, ProblemMiddleware

BROWSERS_SEND = ("HTTP_COOKIE", "HTTP_ACCEPT_LANGUAGE")
# An answer of the API is no page: nothing may be loaded by it, and nothing may frame it.
POLICY = "default-src 'none'; frame-ancestors 'none'"


class ShortcutMiddleware:
    """In front of everything that reads or writes a cookie, and behind what belongs to every answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.answer = ProblemMiddleware(_answer)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not _is_of_a_script(request):
            return self.get_response(request)
        try:
            request.get_host()
            request.resolver_match = _resolved(request.path_info)
            # An earlier request of this thread may have left another one.
            translation.activate(settings.LANGUAGE_CODE)
            request.user = AnonymousUser()
            response = self.answer(request)
        except (DisallowedHost, Http404):
            # No operation of the API was found; they answer for their own errors.
            return self.get_response(request)
        response["X-Frame-Options"] = settings.X_FRAME_OPTIONS
        response["Content-Security-Policy"] = POLICY
        if not response.streaming and "Content-Length" not in response:
            response["Content-Length"] = str(len(response.content))
        return response


# Scripts ask for the same addresses all the time; what is found depends on nothing but them.
_resolved = lru_cache(maxsize=2048)(resolve)


def _is_of_a_script(request: HttpRequest) -> bool:
    return (
        request.path_info.startswith(API_PREFIX)
        and "HTTP_AUTHORIZATION" in request.META
        and not any(request.META.get(name) for name in BROWSERS_SEND)
    )


def _answer(request: HttpRequest) -> HttpResponse:
    view, positional, named = request.resolver_match  # type: ignore[misc]
    response: HttpResponse = view(request, *positional, **named)
    return response
