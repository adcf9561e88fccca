"""What a page may load and run: the strict policy of the settings everywhere, a looser one in the administration."""

from typing import Any

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest
from django.http.response import HttpResponseBase

# django-unfold's pages run Alpine.js, which evaluates what stands in attributes, and carry their colours inline.
# Scripts still come from here only, none is inline, and nothing leaves for another origin.
IN_ADMINISTRATION: dict[str, Any] = {"script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}


class ContentPolicyMiddleware(CSPMiddleware):
    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if request.path_info.startswith("/admin/"):
            parts.replace = {**IN_ADMINISTRATION, **(parts.replace or {})}
        return parts
