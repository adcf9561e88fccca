"""Who may call what: one table, read by the API, by the event stream and by the test that walks every route.

Without credentials only liveness, readiness, the sign-in page and static files answer. A token is the only key to the
API; a signed-in browser session opens the few reads of SESSION_READS and nothing that changes anything.
"""

import re
from functools import lru_cache
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from ninja.security import HttpBearer

from labelhub.accounts.models import ApiToken
from labelhub.accounts.roles import Scope, granted
from labelhub.accounts.throttle import seconds_to_wait
from labelhub.problems import PLAIN, NotAuthenticated, TooManyRequests
from printers.callers import Caller, both, caller_of, printers_of
from printers.errors import Forbidden, InvalidInput
from printers.models import TokenBinding
from printers.prepared import Prepared

ROUTES: dict[tuple[str, str], Scope] = {
    ("POST", "/api/print"): Scope.PRINT,
    ("POST", "/api/preview"): Scope.READ,
    ("GET", "/api/jobs"): Scope.READ,
    ("GET", "/api/jobs/{id}"): Scope.READ,
    ("GET", "/api/jobs/{id}/events"): Scope.READ,
    ("GET", "/api/jobs/{id}/image.png"): Scope.READ,
    ("POST", "/api/jobs/{id}/cancel"): Scope.PRINT,
    ("POST", "/api/jobs/{id}/hold"): Scope.PRINT,
    ("POST", "/api/jobs/{id}/release"): Scope.PRINT,
    ("POST", "/api/jobs/{id}/reprint"): Scope.PRINT,
    ("POST", "/api/jobs/{id}/resolve"): Scope.PRINT,
    ("POST", "/api/jobs/{id}/priority"): Scope.PRINT,
    ("POST", "/api/jobs/{id}/move"): Scope.PRINT,
    ("GET", "/api/batches/{id}"): Scope.READ,
    ("POST", "/api/batches/{id}/cancel"): Scope.PRINT,
    ("POST", "/api/batches/{id}/resume"): Scope.PRINT,
    ("GET", "/api/pools"): Scope.READ,
    ("POST", "/api/pools"): Scope.MANAGE,
    ("GET", "/api/pools/{id}"): Scope.READ,
    ("PATCH", "/api/pools/{id}"): Scope.MANAGE,
    ("DELETE", "/api/pools/{id}"): Scope.MANAGE,
    ("GET", "/api/queue/waiting-media"): Scope.READ,
    ("GET", "/api/printers"): Scope.READ,
    ("POST", "/api/printers"): Scope.MANAGE,
    ("GET", "/api/printers/{id}"): Scope.READ,
    ("PATCH", "/api/printers/{id}"): Scope.MANAGE,
    ("DELETE", "/api/printers/{id}"): Scope.MANAGE,
    ("GET", "/api/printers/{id}/status"): Scope.READ,
    ("POST", "/api/printers/{id}/pause"): Scope.MANAGE,
    ("POST", "/api/printers/{id}/resume"): Scope.MANAGE,
    ("POST", "/api/printers/{id}/clear"): Scope.MANAGE,
    ("POST", "/api/printers/{id}/test"): Scope.PRINT,
    ("POST", "/api/printers/{id}/probe"): Scope.PRINT,
    ("GET", "/api/templates"): Scope.READ,
    ("GET", "/api/templates/{key}"): Scope.READ,
    ("GET", "/api/templates/schema.json"): Scope.READ,
    ("POST", "/api/templates/register"): Scope.DESIGN,
    ("GET", "/api/counters"): Scope.READ,
    ("GET", "/api/counters/{name}"): Scope.READ,
    ("POST", "/api/counters/{name}/reset"): Scope.MANAGE,
    # To be printed, and with the hub's own token for the other app: not for everybody who may look.
    ("GET", "/api/lookup/{integration}"): Scope.PRINT,
    ("GET", "/api/lookup/{integration}/{id}"): Scope.PRINT,
    ("GET", "/api/events"): Scope.READ,
    ("GET", "/openapi.json"): Scope.READ,
    ("GET", "/docs"): Scope.READ,
    ("GET", "/redoc"): Scope.READ,
    ("GET", "/metrics"): Scope.READ,
}

# They take no token of the hub: each message proves for itself who sent it (labelhub/integrations/verifying.py).
WEBHOOKS = frozenset({("POST", "/api/webhooks/{source}"), ("POST", "/api/webhooks/{source}/{token}")})

SESSION_READS = frozenset(
    {
        ("GET", "/api/jobs/{id}/image.png"),
        ("GET", "/api/events"),
        ("GET", "/openapi.json"),
        ("GET", "/docs"),
        ("GET", "/redoc"),
    }
)


class Bearer(HttpBearer):
    """`Authorization: Bearer lh_…`"""

    openapi_bearerFormat = "lh_…"

    def __call__(self, request: HttpRequest) -> Caller:
        if "%00" in request.META.get("QUERY_STRING", "") or "\0" in request.path:
            raise InvalidInput("U+0000 cannot stand in an address.")
        return caller_for(request, route_of(request))

    def authenticate(self, request: HttpRequest, token: str) -> Caller | None:
        raise NotImplementedError  # __call__ reads the header itself: it also knows sessions


def route_of(request: HttpRequest) -> tuple[str, str]:
    """The method and the path as ROUTES writes it: `("GET", "/api/jobs/{id}")`."""
    match = request.resolver_match
    pattern = "" if match is None else match.route
    return (request.method or "", path_of(pattern))


@lru_cache(maxsize=512)
def path_of(pattern: str) -> str:
    """`api/jobs/<uuid:id>` as ROUTES writes it."""
    return "/" + re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", pattern)


def caller_for(request: HttpRequest, route: tuple[str, str]) -> Caller:
    """Who calls, if they may call `route`.

    Raises NotAuthenticated, Forbidden for a missing scope or an undeclared route, TooManyRequests.
    """
    scope = ROUTES.get(route)
    if scope is None:
        raise Forbidden("No rule says who may call this address, so nobody may.")
    if "HTTP_AUTHORIZATION" not in request.META and route in SESSION_READS and request.user.is_authenticated:
        caller = caller_of(request)
    else:
        caller = _token_caller(request)
    if scope not in caller.scopes:
        whose = "this token" if caller.token_id else "your account"
        raise Forbidden(f"This needs the scope “{scope}”, which {whose} does not have.")
    return caller


_tokens: Prepared[ApiToken] = Prepared(
    lambda prefix: (
        ApiToken.objects.filter(prefix=prefix)
        .select_related("user")
        .annotate(bound=Exists(TokenBinding.objects.filter(token=OuterRef("pk"))))
        .order_by()
    ),
    str,
)


def _token_caller(request: HttpRequest) -> Caller:
    kind, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    token = ApiToken.find(text.strip(), look_up=_tokens) if kind.lower() == "bearer" else None
    if token is None:
        raise NotAuthenticated(PLAIN[401][1])
    if wait := seconds_to_wait(token):
        sentence = f"This token may ask {token.rate_limit_per_minute} times a minute; wait {wait} s."
        raise TooManyRequests(sentence, extra={"retry_after": wait})
    address = request.META.get("REMOTE_ADDR", "")
    token.note_use(address)
    scopes, printers = granted(token.scopes), _bindings(token) if getattr(token, "bound", False) else frozenset()
    if token.user is not None:
        # A person who may less than before takes their tokens along.
        scopes, printers = scopes & token.user.scopes, both(printers, printers_of(token.user))
    return Caller(
        label=f"{token.user.get_username()} ({token.name})" if token.user else token.name,
        user_id=token.user_id,
        token_id=token.id,
        address=address,
        scopes=scopes,
        printer_ids=printers,
    )


def _bindings(token: ApiToken) -> frozenset[UUID]:
    return frozenset(TokenBinding.objects.filter(token=token).values_list("printer_id", flat=True))
