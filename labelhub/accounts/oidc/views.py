import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

import jwt
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from mozilla_django_oidc.views import OIDCAuthenticationCallbackView, OIDCAuthenticationRequestView
from requests import RequestException

from labelhub.accounts.oidc.provider import option

log = logging.getLogger(__name__)


class Leave(OIDCAuthenticationRequestView):  # type: ignore[misc]
    get_settings = staticmethod(option)


class Return(OIDCAuthenticationCallbackView):  # type: ignore[misc]
    get_settings = staticmethod(option)

    def login_failure(self) -> HttpResponse:
        return refuse(self.request)


def refuse(request: HttpRequest) -> HttpResponse:
    messages.error(
        request, _("You could not be signed in: the provider refused, or your account here is switched off.")
    )
    return redirect("sign-in")


def _or_refuse(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @login_not_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (RequestException, SuspiciousOperation, jwt.PyJWTError, KeyError, ValueError) as error:
            log.warning("Sign-in by OpenID Connect failed: %s", error)
            return refuse(request)

    return guarded


leave = _or_refuse(Leave.as_view())
come_back = _or_refuse(Return.as_view())
