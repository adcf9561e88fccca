"""The proxy forgets no address, and buffers no stream."""

import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from health.liveness import LIVENESS_PATHS
from health.views import READINESS_PATHS
from labelhub import events, metrics

CADDYFILE = Path(__file__).resolve().parents[2] / "docs/deployment/Caddyfile"
INSIDE = {metrics.PATH}


def addresses() -> set[str]:
    """The beginning of every address of the hub, up to its first parameter."""

    def walk(resolver: URLResolver, prefix: str) -> Iterator[str]:
        for each in resolver.url_patterns:
            route = prefix + str(each.pattern)
            if isinstance(each, URLResolver):
                yield from walk(each, route)
            elif isinstance(each, URLPattern):
                yield re.split(r"[<(^$\\]", route)[0]

    found = {f"/{each}" for each in walk(get_resolver(), "")}
    return found | {events.PATH, metrics.PATH, settings.STATIC_URL, *LIVENESS_PATHS, *READINESS_PATHS}


def handlers() -> dict[str, str]:
    """What the site does with a path, by matcher; empty: with all others. The first `handle` that fits wins."""
    text = CADDYFILE.read_text(encoding="utf-8")
    return {
        matcher.strip(): body for matcher, body in re.findall(r"^\thandle( [^{]*)?\{\n(.*?)^\t\}", text, re.M | re.S)
    }


def answer_to(path: str) -> str:
    for matcher, body in handlers().items():
        if matcher == path or (matcher.endswith("*") and path.startswith(matcher[:-1])):
            return body
    return handlers().get("", "")


def test_every_address_is_forwarded() -> None:
    walked = addresses()
    assert {"/", "/api/jobs", "/docs", "/redoc", "/openapi.json", "/healthz", "/readiness"} <= walked
    assert {path for path in walked - INSIDE if "reverse_proxy web:8000" not in answer_to(path)} == set()


def test_numbers_stay_inside() -> None:
    assert [answer_to(path).split() for path in INSIDE] == [["respond", "404"]]


def test_streams_are_not_buffered() -> None:
    assert "flush_interval -1" in answer_to(events.PATH)
