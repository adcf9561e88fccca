"""Every request has an id: the one that a proxy or a client gave it, or a new one. It stands in each log line about the
request, and goes back in the answer."""

import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from labelhub.access import route_of
from printers.doing import describe, doing, is_traced

HEADER = "X-Request-ID"
# UUIDs and what proxies make of them; nothing that could pass for something else in a log.
SANE = re.compile(r"[A-Za-z0-9._-]{6,64}", re.ASCII)

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


def request_id(given: str) -> str:
    return given if SANE.fullmatch(given) else secrets.token_hex(12)


class RequestIdMiddleware:
    """The first of all: whatever the others say carries it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        known = request_id(request.META.get("HTTP_X_REQUEST_ID", ""))
        with doing(f"{request.method} request", request=known):
            response = self.get_response(request)
            if is_traced():
                _describe(request, response)
        response[HEADER] = known
        return response


def _describe(request: HttpRequest, response: HttpResponse) -> None:
    """By the semantic conventions of OpenTelemetry; only the answer knows which address was meant."""
    method, route = route_of(request)
    facts: dict[str, str | int] = {"http.request.method": method, "http.response.status_code": response.status_code}
    if request.resolver_match is None:
        describe(method, facts)
    else:
        describe(f"{method} {route}", facts | {"http.route": route})


def answering_back(scope: Scope, send: Send) -> Send:
    """The same for what is answered on the event loop, without Django."""
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    header = (HEADER.lower().encode(), request_id(given.decode("latin-1")).encode())

    async def send_with_id(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], header]
        await send(message)

    return send_with_id
