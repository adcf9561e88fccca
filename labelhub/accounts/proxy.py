"""The proxy in front: whose address a request really has, and whom the proxy has signed in.

Both are believed only of LABELHUB_TRUSTED_PROXIES, the second only with LABELHUB_PROXY_SECRET as well.
"""

import hmac
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import RemoteUserBackend
from django.contrib.auth.middleware import RemoteUserMiddleware
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from labelhub.accounts.external import take_roles
from labelhub.accounts.models import User


def meta_name(header: str) -> str:
    return "HTTP_" + header.upper().replace("-", "_")


def is_trusted(address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return any((mapped or found) in ip_network(network) for network in settings.TRUSTED_PROXIES)


class TrustedProxyMiddleware:
    """REMOTE_ADDR becomes the caller's own; what only the proxy may say is taken from everybody else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        meta = request.META
        through_proxy = is_trusted(meta.get("REMOTE_ADDR", ""))
        if not (through_proxy and self._knows_the_secret(meta)):
            for header in (settings.PROXY_USER_HEADER, settings.PROXY_ROLES_HEADER):
                meta.pop(meta_name(header), None)
        meta.pop(meta_name(settings.PROXY_SECRET_HEADER), None)
        if not through_proxy:
            meta.pop("HTTP_X_FORWARDED_PROTO", None)
        else:
            # From the right: each proxy appends whom it was called by, and what stands further left may be invented.
            for hop in reversed(meta.get("HTTP_X_FORWARDED_FOR", "").split(",")):
                if not is_trusted(hop.strip()):
                    meta["REMOTE_ADDR"] = _address(hop) or meta["REMOTE_ADDR"]
                    break
        return self.get_response(request)

    def _knows_the_secret(self, meta: dict[str, Any]) -> bool:
        given = str(meta.get(meta_name(settings.PROXY_SECRET_HEADER), ""))
        return bool(settings.PROXY_SECRET) and hmac.compare_digest(given.encode(), settings.PROXY_SECRET.encode())


def _address(text: str) -> str:
    try:
        return str(ip_address(text.strip()))
    except ValueError:
        return ""


class ProxyBackend(RemoteUserBackend):
    """Creates whom the proxy names for the first time. Nobody who is switched off here gets in."""

    def clean_username(self, username: str) -> str:
        return username.strip()

    def authenticate(self, request: HttpRequest | None, remote_user: str | None = None, **_: Any) -> Any:  # type: ignore[override]
        name = self.clean_username(remote_user or "")
        try:
            # Two headers of one name arrive as one with a comma: nobody is called that.
            User._meta.get_field("username").run_validators(name)
        except ValidationError:
            return None
        if not name or len(name) > 150:
            return None
        found: Any = super().authenticate(request, remote_user=name)
        return found

    def configure_user(self, request: HttpRequest | None, user: Any, created: bool = True) -> Any:  # noqa: ARG002
        if created:
            user.set_unusable_password()
            user.save(update_fields=["password"])
        return user


class ProxySignOnMiddleware(RemoteUserMiddleware):
    """Signs in whom the proxy names, and out who comes without it."""

    @property
    def header(self) -> str:  # type: ignore[override]
        return meta_name(settings.PROXY_USER_HEADER)

    def process_request(self, request: HttpRequest) -> None:
        if self.header not in request.META and settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return
        super().process_request(request)
        roles = request.META.get(meta_name(settings.PROXY_ROLES_HEADER)) if settings.PROXY_ROLES_HEADER else None
        if self.header in request.META and roles is not None and isinstance(request.user, User):
            take_roles(request.user, roles.replace("|", ",").replace(";", ",").split(","))
