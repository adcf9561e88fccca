"""Every address of the hub, by walking them: who gets in without credentials, with a session, with a small scope."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from labelhub.access import ROUTES, SESSION_READS, WEBHOOKS
from labelhub.accounts.models import ApiToken, Scope, User
from labelhub.api import api
from labelhub.openapi import openapi_document
from printers.models import TokenBinding, UserLimit
from tests.api import NOBODY, Script, assert_problem, make_printer, script

pytestmark = pytest.mark.django_db

# What answers to everybody, and nothing else does.
OPEN = frozenset(
    {
        "healthz",
        "livez",
        "readiness",
        "readyz",
        "sign-in",
        "admin/login/",
        "preferences",
        "jsi18n/",
        "admin/jsi18n/",
        # What the browser keeps for the time without a hub; nothing in them is anybody's.
        "service-worker.js",
        "offline",
    }
)
SAMPLES = {"id": str(uuid4()), "key": "qr-12mm", "ref": "main/x", "uuid": str(uuid4())}


def operations() -> Iterator[tuple[str, str]]:
    for bound in api._get_bound_routers():
        for path, view in bound.path_operations.items():
            for operation in view.operations:
                for method in operation.methods:
                    yield method, "/api" + re.sub(r"{[^}:]+:", "{", path)


def patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for each in resolver.url_patterns:
        route = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from patterns(each, route)
        else:
            yield route, each


def address(route: str) -> str:
    def sample(match: re.Match[str]) -> str:
        kind, name = match["kind"] or "str", match["name"]
        return {"int": "1", "uuid": SAMPLES["uuid"]}.get(kind, SAMPLES.get(name, SAMPLES["uuid"]))

    route = re.sub(
        r"<(?:(?P<kind>[^:>]+):)?(?P<name>[^>]+)>|{(?P<x>[^}]+)}",
        lambda m: SAMPLES["id"] if m["x"] else sample(m),
        route,
    )
    return (
        re.sub(r"\(\?P<[^>]+>[^)]*\)|[\^$\\]", "1", route)
        if "(?P" in route
        else route.replace("^", "").replace("$", "")
    )


def test_every_operation_has_its_rule() -> None:
    declared = {route for route in ROUTES if route[1].startswith("/api/") and route[1] != "/api/events"}
    walked = set(operations())
    assert walked - declared == WEBHOOKS
    assert walked
    assert set(ROUTES.values()) <= set(Scope)


def test_every_rule_has_its_operation() -> None:
    """A rule for an address that is not there would hide a forgotten router."""
    outside = {("GET", path) for path in ("/api/events", "/docs", "/redoc", "/openapi.json", "/metrics")}
    assert set(ROUTES) - outside - set(operations()) == set()


@pytest.mark.parametrize(("method", "path"), sorted(operations()))
def test_no_operation_answers_without_a_token(method: str, path: str) -> None:
    assert_problem(NOBODY._call(method, address(path), {}), 401, "not-authenticated")


@pytest.mark.parametrize(("method", "path"), sorted(set(operations()) - WEBHOOKS))
def test_no_operation_answers_to_a_token_without_scopes(method: str, path: str) -> None:
    _token, text = ApiToken.issue("powerless", [])
    assert_problem(Script(text)._call(method, address(path), {}), 403, "forbidden")


@pytest.mark.parametrize(("method", "path"), sorted(WEBHOOKS))
def test_a_token_of_the_hub_opens_no_webhook(method: str, path: str) -> None:
    assert_problem(script()._call(method, address(path), {}), 401, "not-authenticated")


@pytest.mark.parametrize(("method", "path"), sorted(set(operations()) - SESSION_READS))
def test_no_operation_answers_to_a_session(method: str, path: str) -> None:
    browser = Client()
    browser.force_login(User.objects.create_superuser("root", password="a long password"))
    response = browser.generic(method, address(path), b"{}", "application/json")
    assert_problem(response, 401, "not-authenticated")


def test_a_session_reads_what_browsers_show(client: Client) -> None:
    client.force_login(User.objects.create_user("eva"))
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert client.get(path).status_code == 200
    assert_problem(client.get(f"/api/jobs/{uuid4()}/image.png"), 404, "unknown-job")


def test_no_page_answers_without_credentials() -> None:
    checked = 0
    for route, _pattern in patterns(get_resolver()):
        path = address(route)
        if route in OPEN or route.startswith(("static/", "api/")):
            continue
        response = Client().get("/" + path)
        allowed = {302, 401, 403, 404, 405}
        assert response.status_code in allowed, (route, response.status_code)
        if response.status_code == 302:
            assert any(page in response["Location"] for page in ("/sign-in", "/admin/login")), (
                route,
                response["Location"],
            )
        checked += 1
    assert checked > 10


def test_pages_for_people_lead_to_the_sign_in_page(client: Client) -> None:
    for path in ("/docs", "/redoc"):
        response = client.get(path)
        assert (response.status_code, response["Location"]) == (302, f"/sign-in?next={path}")
    assert_problem(client.get("/openapi.json"), 401, "not-authenticated")


def test_a_token_reads_the_documents() -> None:
    caller = script("read")
    assert caller.get("/openapi.json").content == openapi_document()
    assert caller.get("/docs").status_code == 200
    assert_problem(script("print").get("/docs"), 403, "forbidden")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer lh_",
        "Basic cm9vdDpyb290",
        "Token lh_x",
        "Bearer lh_00000000_" + "x" * 32,
        "Bearer ü",
    ],
)
def test_nonsense_is_no_token(header: str) -> None:
    make_printer()
    response = Client().get("/api/printers", headers={"Authorization": header})
    assert_problem(response, 401, "not-authenticated")


def test_a_bad_token_is_not_saved_by_a_session(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root"))
    assert_problem(client.get("/openapi.json", headers={"Authorization": "Bearer lh_no"}), 401, "not-authenticated")


def test_admin_may_everything() -> None:
    assert script("admin").get("/api/printers").status_code == 200


def test_a_revoked_token_is_refused_by_the_next_request() -> None:
    caller = script("read")
    assert caller.get("/api/printers").status_code == 200
    assert caller.token is not None
    caller.token.revoke()
    assert_problem(caller.get("/api/printers"), 401, "not-authenticated")


def test_a_token_that_asks_too_often_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labelhub.accounts.throttle.time.time", lambda: 1_800_000_005.0)
    caller = script("read")
    ApiToken.objects.update(rate_limit_per_minute=2)
    answers: list[Any] = [caller.get("/api/printers") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert_problem(answers[2], 429, "too-many-requests")
    assert 1 <= int(answers[2]["Retry-After"]) <= 60
    assert script("read").get("/api/printers").status_code == 200


def test_use_is_remembered() -> None:
    caller = script("read")
    caller.get("/api/printers")
    token = ApiToken.objects.get()
    assert token.last_used_at is not None
    assert token.last_used_from == "127.0.0.1"


class TestTokenOfAPerson:
    """It may what it was made for, as far as the person may it today."""

    def token(self, role: str, *scopes: str) -> tuple[User, Script]:
        user = User.objects.create_user("eva")
        user.groups.add(Group.objects.get_or_create(name=role)[0])
        _token, text = ApiToken.issue("mine", list(scopes), user=user)
        return user, Script(text)

    def test_it_works(self) -> None:
        printer = make_printer()
        _user, caller = self.token("manager", "read", "manage")
        assert caller.get(f"/api/printers/{printer.id}").status_code == 200
        assert caller.post(f"/api/printers/{printer.id}/pause").status_code == 200

    def test_a_role_that_was_taken_away_takes_its_scopes_along(self) -> None:
        printer = make_printer()
        user, caller = self.token("manager", "read", "manage")
        user.groups.set([Group.objects.get_or_create(name="viewer")[0]])
        assert caller.get(f"/api/printers/{printer.id}").status_code == 200
        assert_problem(caller.post(f"/api/printers/{printer.id}/pause"), 403, "forbidden")
        printer.refresh_from_db()
        assert not printer.paused

    def test_the_persons_limits_hold(self) -> None:
        near, far = make_printer("near"), make_printer("far")
        user, caller = self.token("viewer", "read")
        UserLimit.objects.create(user=user, printer=near)
        assert [each["name"] for each in caller.get("/api/printers").json()["items"]] == ["near"]
        assert_problem(caller.get(f"/api/printers/{far.id}"), 404, "unknown-printer")

    def test_limits_of_person_and_token_that_share_nothing_leave_nothing(self) -> None:
        near, far = make_printer("near"), make_printer("far")
        user, caller = self.token("viewer", "read")
        UserLimit.objects.create(user=user, printer=near)
        TokenBinding.objects.create(token=ApiToken.objects.get(), printer=far)
        assert caller.get("/api/printers").json()["items"] == []

    def test_a_designer_registers_and_does_not_print(self) -> None:
        _user, caller = self.token("designer", "read", "design")
        answer = caller.post("/api/templates/register", {"descriptors": [], "dry_run": True})
        assert answer.status_code != 403
        assert_problem(caller.post("/api/print", {}), 403, "forbidden")
        assert_problem(caller.post("/api/printers", {}), 403, "forbidden")


def test_a_limit_keeps_its_printer() -> None:
    printer = make_printer()
    UserLimit.objects.create(user=User.objects.create_user("eva"), printer=printer)
    assert_problem(script("manage").delete(f"/api/printers/{printer.id}"), 409, "in-use")
    assert UserLimit.objects.count() == 1
