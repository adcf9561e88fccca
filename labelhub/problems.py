"""Every error of the API in one shape: RFC 9457 `application/problem+json` with a stable `code`."""

import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, InternalError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from jobs.errors import ArtifactUnusable
from labelhub.integrations.errors import IntegrationBusy, IntegrationFailed
from printers.errors import (
    Conflict,
    Forbidden,
    HubError,
    InvalidInput,
    NotFound,
    TransportError,
)

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
API_PREFIX = "/api/"

# The nearest class of an error's ancestry decides.
STATUS_OF: dict[type[HubError], HTTPStatus] = {
    InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotFound: HTTPStatus.NOT_FOUND,
    Forbidden: HTTPStatus.FORBIDDEN,
    Conflict: HTTPStatus.CONFLICT,
    TransportError: HTTPStatus.BAD_GATEWAY,
    ArtifactUnusable: HTTPStatus.SERVICE_UNAVAILABLE,
    IntegrationFailed: HTTPStatus.BAD_GATEWAY,
    IntegrationBusy: HTTPStatus.SERVICE_UNAVAILABLE,
    HubError: HTTPStatus.INTERNAL_SERVER_ERROR,
}

# What answers without an exception of ours (the router, the framework, a broken host header) is given these words.
PLAIN: dict[int, tuple[str, str]] = {
    400: ("bad-request", "The request cannot be understood."),
    401: (
        "not-authenticated",
        "Send “Authorization: Bearer lh_…” with a token that is valid, enabled and not expired.",
    ),
    403: ("forbidden", "This is not allowed."),
    404: ("not-found", "There is nothing at this address; /docs lists what there is."),
    405: ("method-not-allowed", "This address does not know this method; see the Allow header."),
    413: ("too-large", "The request is larger than the hub accepts."),
    415: ("unsupported-media-type", "The body has to be JSON: send “Content-Type: application/json”."),
    422: ("invalid", "What was sent does not fit; `problems` names each thing that is wrong."),
    429: ("too-many-requests", "This token asked more often than it may; wait as Retry-After says."),
    500: ("internal-error", "The hub made a mistake; its log says more. Nothing is known to have changed."),
    503: ("unavailable", "The hub cannot reach its database now; nothing was changed. Try again."),
}


class NotAuthenticated(HubError):
    code = "not-authenticated"


class TooManyRequests(HubError):
    code = "too-many-requests"


class UnsupportedMediaType(HubError):
    code = "unsupported-media-type"


class MalformedJson(HubError):
    code = "malformed-json"


STATUS_OF |= {
    MalformedJson: HTTPStatus.BAD_REQUEST,
    NotAuthenticated: HTTPStatus.UNAUTHORIZED,
    TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
}


def status_of(error: HubError) -> HTTPStatus:
    return next(STATUS_OF[each] for each in type(error).__mro__ if each in STATUS_OF)


def document(
    status: int,
    code: str,
    detail: str,
    *,
    instance: str,
    problems: Iterable[dict[str, str]] = (),
    extra: dict[str, object] | None = None,
) -> dict[str, object]:
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        **(extra or {}),
        "code": code,
        "detail": detail,
        "instance": instance,
        "problems": list(problems),
    }


def answer(body: dict[str, object]) -> HttpResponse:
    status = int(str(body["status"]))
    response = JsonResponse(body, status=status, content_type=MEDIA_TYPE)
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Bearer realm="LabelHub"'
    response["Cache-Control"] = "no-store"
    return response


def describe(error: HubError, instance: str) -> dict[str, object]:
    source = getattr(error, "source", "body")
    return document(
        status_of(error),
        error.code,
        error.detail,
        instance=instance,
        problems=[{"pointer": each.pointer, "message": each.message, "in": source} for each in error.problems],
        extra=error.extra,
    )


def plain(status: int, instance: str, *, code: str = "", detail: str = "") -> dict[str, object]:
    known_code, known_detail = PLAIN.get(status, PLAIN[500 if status >= 500 else 400])
    return document(status, code or known_code, detail or known_detail, instance=instance)


def attach(api: NinjaAPI) -> None:
    """Teach an API to answer each exception with a problem."""
    handlers: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        HubError: lambda request, error: _hub_error(request, error),
        ValidationError: _validation,
        HttpError: _http_error,
        Http404: lambda request, _error: answer(plain(404, request.path)),
        RequestDataTooBig: lambda request, _error: answer(plain(413, request.path)),
        UnreadablePostError: lambda request, _error: answer(plain(400, request.path)),
        OperationalError: _database,
        InterfaceError: _database,
        # PostgreSQL that was made read-only, by an operator or because it is a standby now (SQLSTATE 25006).
        InternalError: _database,
        Exception: _unexpected,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def _hub_error(request: HttpRequest, error: HubError) -> HttpResponse:
    extra = dict(error.extra)
    retry_after = extra.pop("retry_after", None)
    body = describe(error, request.path)
    body.pop("retry_after", None)
    response = answer(body)
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    if isinstance(error, IntegrationFailed | IntegrationBusy):
        # That another app is down is no error of this one, as which Django logs every 5xx.
        log.warning("%s: %s", request.path, error.detail)
        response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    # ninja wraps whatever its parser raises.
    if isinstance(error.__cause__, HubError):
        return _hub_error(request, error.__cause__)
    return answer(plain(error.status_code, request.path))


def _validation(request: HttpRequest, error: ValidationError) -> HttpResponse:
    problems = [_problem(each) for each in error.errors]
    first = problems[0] if problems else {"pointer": "", "message": ""}
    more = f" And {len(problems) - 1} more." if len(problems) > 1 else ""
    where = first["pointer"].lstrip("/") or first["in"]
    detail = f"{where}: {first['message'].rstrip('.')}.{more}"
    return answer(document(422, "invalid", detail, instance=request.path, problems=problems))


def _problem(error: dict[str, Any]) -> dict[str, str]:
    source, *rest = error["loc"]
    # ninja names the view's parameter first where a whole model is the body.
    parts = rest[1:] if source == "body" else rest[-1:]
    return {"pointer": "".join(f"/{_escape(each)}" for each in parts), "message": _sentence(error), "in": source}


def _escape(part: object) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def _sentence(error: dict[str, Any]) -> str:
    words = {
        "missing": "This is required.",
        "model_type": "This has to be a JSON object.",
        "model_attributes_type": "This has to be a JSON object.",
        "extra_forbidden": "There is no such field.",
        "timezone_aware": "The time needs an offset, such as Z or +02:00.",
    }
    message = words.get(error["type"], str(error["msg"]).removeprefix("Value error, "))
    return message if message.endswith(".") else f"{message}."


def _database(request: HttpRequest, error: Exception) -> HttpResponse:
    log.exception("%s %s: the database failed", request.method, request.path, exc_info=error)
    return answer(plain(503, request.path))


def _unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
    log.exception("%s %s failed", request.method, request.path, exc_info=error)
    return answer(plain(500, request.path))


class ProblemMiddleware:
    """Under /api/ also the framework's own refusals (no such address, wrong method, wrong host) are problems."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_ours = request.path_info.startswith(API_PREFIX)
        if not is_ours or response.status_code < 400 or response.get("Content-Type", "").startswith(MEDIA_TYPE):
            return response
        problem = answer(plain(response.status_code, request.path))
        for name in ("Allow", "Retry-After"):
            if name in response:
                problem[name] = response[name]
        return problem
