"""Signed in by a proxy: only by one that is configured, and only with the secret."""

import asyncio
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from labelhub.accounts.models import User
from labelhub.accounts.proxy import TrustedProxyMiddleware
from labelhub.router import asgi_application

pytestmark = pytest.mark.django_db
SECRET = "between the proxy and the hub"


@pytest.fixture(autouse=True)
def _proxy(settings: LazySettings) -> None:
    settings.TRUSTED_PROXIES, settings.PROXY_SECRET = ["10.1.0.0/24"], SECRET
    settings.PROXY_ROLES_HEADER = "Remote-Groups"
    middleware = list(settings.MIDDLEWARE)
    middleware.insert(1, "labelhub.accounts.proxy.TrustedProxyMiddleware")
    place = middleware.index("django.contrib.auth.middleware.LoginRequiredMiddleware")
    middleware.insert(place, "labelhub.accounts.proxy.ProxySignOnMiddleware")
    settings.MIDDLEWARE = middleware
    settings.AUTHENTICATION_BACKENDS = [*settings.AUTHENTICATION_BACKENDS, "labelhub.accounts.proxy.ProxyBackend"]


def ask(client: Client | None = None, *, peer: str = "10.1.0.2", secret: str = SECRET, **headers: str) -> Any:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if secret:
        given["X-LabelHub-Proxy-Secret"] = secret
    return (client or Client()).get("/printers", headers=given, REMOTE_ADDR=peer)


def test_it_works() -> None:
    assert ask(Remote_User="eva").status_code == 200
    user = User.objects.get()
    assert (user.username, user.has_usable_password()) == ("eva", False)


@pytest.mark.parametrize(
    "how",
    [
        {"peer": "10.2.0.2"},
        {"secret": ""},
        {"secret": "guessed"},
        {"secret": SECRET + " "},
        {"peer": "127.0.0.1"},
        {"peer": "10.2.0.2", "X_Forwarded_For": "10.1.0.2"},
        {"peer": ""},
    ],
)
def test_nobody_else_says_who_is_signed_in(how: dict[str, str]) -> None:
    User.objects.create_superuser("root", password="a long password")
    answer = ask(**{"Remote_User": "root"} | how)  # type: ignore[arg-type]
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/sign-in")
    assert User.objects.count() == 1


def test_a_visitors_own_header_with_an_underscore_names_nobody() -> None:
    """A proxy that sets or takes away Remote-User knows nothing of Remote_User, which WSGI takes for the same."""
    seen: list[dict[str, str]] = []

    class Proxied(TrustedProxyMiddleware):
        def __call__(self, request: Any) -> Any:
            seen.append({name: value for name, value in request.META.items() if name.startswith("HTTP_")})
            return super().__call__(request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("labelhub.accounts.proxy.TrustedProxyMiddleware", Proxied)
        headers = {b"host": b"localhost", b"remote_user": b"root", b"x-labelhub-proxy-secret": SECRET.encode()}
        scope = {
            "type": "http", "method": "GET", "path": "/printers", "query_string": b"", "http_version": "1.1",
            "headers": list(headers.items()),
            "client": ("10.1.0.2", 1), "server": ("localhost", 80), "scheme": "http",
        }  # fmt: skip
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b""}

        async def send(message: Any) -> None:
            sent.append(message)

        asyncio.run(asgi_application()(scope, receive, send))
    assert (sent[0]["status"], [sorted(each) for each in seen]) == (
        302,
        [["HTTP_HOST", "HTTP_X_LABELHUB_PROXY_SECRET"]],
    )


def test_without_the_header_the_session_ends() -> None:
    client = Client()
    assert ask(client, Remote_User="eva").status_code == 200
    assert ask(client).status_code == 302
    assert ask(client, Remote_User="eva").status_code == 200
    assert ask(client, peer="10.2.0.2", Remote_User="eva").status_code == 302


def test_another_person_in_the_same_browser() -> None:
    client = Client()
    assert "eva" in ask(client, Remote_User="eva").content.decode()
    text = ask(client, Remote_User="ada").content.decode()
    assert "ada" in text
    assert "eva" not in text


def test_who_is_switched_off_stays_out() -> None:
    User.objects.create_user("eva", is_active=False)
    assert ask(Remote_User="eva").status_code == 302


@pytest.mark.parametrize("name", ["", " ", "root,eva", "a b", "x" * 151, "<b>"])
def test_nonsense_is_nobody(name: str) -> None:
    assert ask(Remote_User=name).status_code == 302
    assert not User.objects.exists()


def test_groups_become_roles() -> None:
    ask(Remote_User="eva", Remote_Groups="staff, viewer")
    assert User.objects.get().roles == {"viewer"}
    ask(Remote_User="eva", Remote_Groups="admin|other")
    user = User.objects.get()
    assert (set(user.roles), user.is_staff, user.is_superuser) == ({"admin"}, True, False)
    ask(Remote_User="eva", Remote_Groups="")
    user = User.objects.get()
    assert (user.roles, user.is_staff) == (frozenset(), False)


def test_somebody_who_signs_in_by_password_is_left_alone() -> None:
    client = Client()
    user = User.objects.create_user("eva", password="a long password")
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    assert ask(client, peer="127.1.1.9", secret="").status_code == 200


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("10.1.0.2", "203.0.113.9", "203.0.113.9"),
        ("10.1.0.2", "1.2.3.4, 203.0.113.9, 10.1.0.3", "203.0.113.9"),
        ("10.1.0.2", "nonsense", "10.1.0.2"),
        ("10.1.0.2", "", "10.1.0.2"),
        ("::ffff:10.1.0.2", "203.0.113.9", "203.0.113.9"),
        ("10.2.0.2", "203.0.113.9", "10.2.0.2"),
    ],
)
def test_the_callers_address(rf: Any, peer: str, forwarded: str, address: str) -> None:
    request = rf.get("/", REMOTE_ADDR=peer, headers={"X-Forwarded-For": forwarded})
    TrustedProxyMiddleware(lambda _request: None)(request)  # type: ignore[arg-type,return-value]
    assert request.META["REMOTE_ADDR"] == address


@pytest.mark.parametrize(("peer", "secure"), [("10.1.0.2", True), ("10.2.0.2", False)])
def test_who_says_that_it_came_by_https(rf: Any, settings: LazySettings, peer: str, secure: bool) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    request = rf.get("/", REMOTE_ADDR=peer, headers={"X-Forwarded-Proto": "https"})
    TrustedProxyMiddleware(lambda _request: None)(request)  # type: ignore[arg-type,return-value]
    assert request.is_secure() is secure
