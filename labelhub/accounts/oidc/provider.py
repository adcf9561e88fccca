"""The OpenID provider as it describes itself, and what the library wants to know of it."""

import time
from typing import Any

import requests
from django.conf import settings
from django.core.exceptions import SuspiciousOperation

TIMEOUT_S = 10
KEPT_S = 3600
_found: dict[str, tuple[float, dict[str, Any]]] = {}


def describe_provider() -> dict[str, Any]:
    """The document of OpenID Connect Discovery. Raises RequestException, ValueError and SuspiciousOperation."""
    issuer = settings.OIDC_ISSUER
    until, known = _found.get(issuer, (0.0, {}))
    if until > time.monotonic():
        return known
    url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    response = requests.get(url, timeout=TIMEOUT_S, allow_redirects=False)
    response.raise_for_status()
    document: dict[str, Any] = response.json()
    if document.get("issuer") != issuer:
        raise SuspiciousOperation(f"{url} speaks for {document.get('issuer')}, not for {issuer}")
    _found[issuer] = (time.monotonic() + KEPT_S, document)
    return document


ENDPOINTS = {
    "OIDC_OP_AUTHORIZATION_ENDPOINT": "authorization_endpoint",
    "OIDC_OP_TOKEN_ENDPOINT": "token_endpoint",
    "OIDC_OP_USER_ENDPOINT": "userinfo_endpoint",
    "OIDC_OP_JWKS_ENDPOINT": "jwks_uri",
}


def option(name: str, *default: Any) -> Any:
    """A setting of mozilla-django-oidc."""
    if name in ENDPOINTS:
        return describe_provider()[ENDPOINTS[name]]
    fixed = {
        "OIDC_RP_CLIENT_ID": settings.OIDC_CLIENT_ID,
        "OIDC_RP_CLIENT_SECRET": settings.OIDC_CLIENT_SECRET,
        "OIDC_RP_SIGN_ALGO": settings.OIDC_ALGORITHM,
        "OIDC_RP_SCOPES": settings.OIDC_SCOPES,
        "OIDC_TIMEOUT": TIMEOUT_S,
        "OIDC_USE_PKCE": True,
        "LOGIN_REDIRECT_URL": settings.LOGIN_REDIRECT_URL,
        "LOGIN_REDIRECT_URL_FAILURE": settings.LOGIN_URL,
    }
    if name in fixed:
        return fixed[name]
    return getattr(settings, name, *default)
