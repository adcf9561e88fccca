"""What holds for every page: nobody sees it without signing in, and nothing changes by looking."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.pages.rows import make_job, make_printer, make_template, signed_in

pytestmark = pytest.mark.django_db

ANY_ID = UUID("00000000-0000-4000-8000-000000000000")
SAMPLES = {"uuid": str(ANY_ID), "slug": "asset-tag-12", "int": "1", "str": "name"}
OPEN_TO_ALL = {"/sign-in", "/sign-out", "/preferences", "/service-worker.js", "/offline"}
POST_ONLY = {"revoke", "pause", "probe", "resume", "test", "resolve", "asset-tag-12"}


def pages() -> Iterator[str]:
    for found in get_resolver().url_patterns:
        if isinstance(found, URLPattern):
            yield "/" + _filled(str(found.pattern))
        elif isinstance(found, URLResolver) and str(found.pattern) == "":
            yield from ("/" + _filled(str(inner.pattern)) for inner in found.url_patterns)


def _filled(route: str) -> str:
    parts = []
    for part in route.split("/"):
        kind = part.strip("<>").partition(":")[0]
        parts.append(SAMPLES[kind] if part.startswith("<") else part)
    return "/".join(parts)


PAGES = sorted(path for path in pages() if path not in {"/openapi.json", "/docs", "/redoc"})


def test_the_list_of_pages_is_not_empty() -> None:
    assert {"/", "/jobs", "/print", "/printers", "/templates", "/sign-in"} <= set(PAGES)


@pytest.mark.parametrize("path", [path for path in PAGES if path not in OPEN_TO_ALL])
@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_enters_without_signing_in(path: str, method: str) -> None:
    answer = getattr(Client(), method)(path)
    assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (302, "/sign-in")


@pytest.mark.parametrize("path", [path for path in PAGES if path.rpartition("/")[2] in POST_ONLY | {"preview"}])
def test_looking_changes_nothing(path: str) -> None:
    if path in {"/print/asset-tag-12", "/templates/asset-tag-12"}:
        return
    assert signed_in(staff=True).get(path).status_code == 405


def test_a_post_without_its_token_is_refused() -> None:
    printer = make_printer()
    job = make_job(printer, make_template())
    client = signed_in(staff=True, enforce_csrf_checks=True)
    for path in (f"/jobs/{job.id}/cancel", f"/printers/{printer.id}/pause", "/print/asset-tag-12", "/preferences"):
        assert client.post(path, {"theme": "dark"}).status_code == 403, path
    job.refresh_from_db()
    printer.refresh_from_db()
    assert (job.state, printer.paused) == ("pending", False)


def test_no_page_allows_inline_code_or_other_origins() -> None:
    policy = signed_in().get("/").headers["Content-Security-Policy"]
    rules = {rule.split()[0]: rule.split()[1:] for rule in policy.split(";")}
    assert rules["script-src"] == rules["style-src"] == ["'self'"]
    assert rules["default-src"] == ["'none'"]
    assert not [word for word in policy.split() if "unsafe" in word or "http" in word or word == "*"]


@pytest.mark.parametrize("path", ["/", "/jobs", "/print", "/printers", "/templates", "/print/asset-tag-12"])
def test_no_page_carries_inline_code(path: str) -> None:
    job = make_job(make_printer(), make_template())
    for address in (path, f"/jobs/{job.id}"):
        text = signed_in().get(address).content.decode()
        assert "<style" not in text
        assert " style=" not in text
        assert " onclick=" not in text
        assert "<script>" not in text
