"""Grocy may send from the browser of whoever uses it: the one origin that the configuration names is let in."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from labelhub.integrations.configuration import integrations

PREFIX = "/api/webhooks/"
ALLOWED = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Content-Type, X-Webhook-Token, Authorization, Idempotency-Key",
    "Access-Control-Max-Age": "600",
}


class WebhookOriginMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        integration = integrations().get(request.path_info.removeprefix(PREFIX).partition("/")[0])
        origin = integration.browser_origin if integration else ""
        if not origin or request.headers.get("Origin") != origin:
            return self.get_response(request)
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            response = HttpResponse(status=204, headers=ALLOWED)
        else:
            response = self.get_response(request)
        response["Access-Control-Allow-Origin"] = origin
        patch_vary_headers(response, ["Origin"])
        return response
