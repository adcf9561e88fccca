"""The API's documentation, for a signed-in person or a token; every asset comes from this hub."""

import hashlib
from collections.abc import Callable
from functools import wraps

from csp.constants import UNSAFE_INLINE
from csp.decorators import csp_update
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from labelhub.access import caller_for
from labelhub.openapi import openapi_document
from labelhub.problems import NotAuthenticated, answer, describe
from printers.errors import HubError

View = Callable[[HttpRequest], HttpResponseBase]


def _for_people_and_tokens(view: View) -> View:
    @login_not_required
    @require_safe
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponseBase:
        try:
            caller_for(request, ("GET", request.path))
        except NotAuthenticated as error:
            if request.path != "/openapi.json" and "Authorization" not in request.headers:
                return redirect_to_login(request.get_full_path())
            return answer(describe(error, request.path))
        except HubError as error:
            return answer(describe(error, request.path))
        return view(request)

    return guarded


@_for_people_and_tokens
def openapi_json(request: HttpRequest) -> HttpResponse:
    body = openapi_document()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    response = HttpResponse(body, content_type="application/json")
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    return get_conditional_response(request, etag=etag, response=response) or response


@_for_people_and_tokens
@csp_update({"style-src": ["'self'", UNSAFE_INLINE]})
def swagger(request: HttpRequest) -> HttpResponse:
    return render(request, "docs.html")


# Redoc styles itself by style elements that it makes while it runs.
@_for_people_and_tokens
@csp_update({"style-src": ["'self'", UNSAFE_INLINE], "worker-src": ["blob:"]})
def redoc(request: HttpRequest) -> HttpResponse:
    return render(request, "redoc.html")
