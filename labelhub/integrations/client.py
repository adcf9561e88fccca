"""Asking another app: one GET at the address that the operator gave, and nothing that could hold a thread for long."""

import asyncio
import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from django.conf import settings

from labelhub.integrations.errors import IntegrationBusy, IntegrationFailed, UnknownItem
from labelhub.integrations.integration import Integration
from labelhub.trust import trusted

CONNECT_S, TOTAL_S = 2.0, 5.0
MOST_BYTES = 4 * 1024 * 1024
# Scripts have four threads in each process (labelhub/router.py): whatever is slow, one of them is left for others.
AT_ONCE, AT_ONCE_IN_ALL = 2, 3

_turns: defaultdict[str, threading.BoundedSemaphore] = defaultdict(lambda: threading.BoundedSemaphore(AT_ONCE))
_all_turns = threading.BoundedSemaphore(AT_ONCE_IN_ALL)


def get(
    integration: Integration,
    *path: str,
    headers: dict[str, str],
    query: dict[str, str | int] | None = None,
    absent: int = HTTPStatus.NOT_FOUND,
) -> Any:
    """The JSON at this path, whose parts are quoted here. `absent` is how the app says that it has no such thing.

    Raises UnknownItem for that, IntegrationBusy, and IntegrationFailed for all that is wrong with the answer.
    """
    # Quoted or not, these would lead elsewhere.
    if any(part in {"", ".", ".."} for part in path):
        raise unknown(integration)
    url = "/".join((integration.url, *(quote(part, safe="") for part in path)))
    with _turn(integration):
        fetching = asyncio.run_coroutine_threadsafe(_fetch(integration, url, headers, query or {}), _loop())
        status, kind, body = fetching.result()
    if status == absent:
        raise unknown(integration)
    _check(integration, status, kind)
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise IntegrationFailed(f"What {integration.title} answered is not valid JSON.") from error


def unknown(integration: Integration) -> UnknownItem:
    return UnknownItem(f"{integration.title} has nothing by this name.")


def another_shape(integration: Integration) -> IntegrationFailed:
    return IntegrationFailed(
        f"{integration.title} answered with JSON that this hub does not understand. "
        "Is the app at this address what the configuration says?"
    )


@contextmanager
def _turn(integration: Integration) -> Iterator[None]:
    """Nobody waits for a turn: that would be the wait for a slow app again."""
    own = _turns[integration.name]
    if not own.acquire(blocking=False):
        raise _busy(integration)
    try:
        if not _all_turns.acquire(blocking=False):
            raise _busy(integration)
        try:
            yield
        finally:
            _all_turns.release()
    finally:
        own.release()


def _busy(integration: Integration) -> IntegrationBusy:
    return IntegrationBusy(
        f"Others are waiting for {integration.title} already. Try again in a few seconds.",
        extra={"retry_after": int(TOTAL_S)},
    )


@lru_cache(maxsize=1)
def _loop() -> asyncio.AbstractEventLoop:
    """One that outlives the requests: leaving a loop would wait for the resolver, which knows no deadline."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="integrations", daemon=True).start()
    return loop


async def _fetch(
    integration: Integration, url: str, headers: dict[str, str], query: dict[str, str | int]
) -> tuple[int, str, bytes]:
    """Status, content type and body, within TOTAL_S from end to end."""
    # Only who has integrations pays for it: it takes 7 MB.
    import httpx

    title = integration.title
    headers = {
        "accept": "application/json",
        # A compressed answer can be a thousand times as long as it looks.
        "accept-encoding": "identity",
        "user-agent": f"LabelHub/{settings.VERSION}",
        **headers,
    }
    try:
        async with (
            asyncio.timeout(TOTAL_S),
            # A client for each request: no cookie is kept.
            httpx.AsyncClient(
                follow_redirects=False,
                trust_env=False,
                verify=trusted(integration.ca_file) if url.startswith("https:") else False,
                timeout=httpx.Timeout(TOTAL_S, connect=CONNECT_S),
            ) as client,
            client.stream("GET", url, params=query, headers=headers) as answer,
        ):
            body = bytearray()
            if answer.status_code == HTTPStatus.OK:
                async for chunk in answer.aiter_raw():
                    body += chunk
                    if len(body) > MOST_BYTES:
                        raise IntegrationFailed(f"The answer of {title} is larger than {MOST_BYTES >> 20} MB.")
            return answer.status_code, answer.headers.get("content-type", ""), bytes(body)
    except (TimeoutError, httpx.TimeoutException) as error:
        raise IntegrationFailed(
            f"{title} did not answer within {TOTAL_S:g} s. Look how it is doing, and try again."
        ) from error
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise IntegrationFailed(
            f"{title} cannot be reached at {integration.url} ({type(error).__name__}). "
            "Check that it runs, and that the address in the configuration is right."
        ) from error


def _check(integration: Integration, status: int, kind: str) -> None:
    title = integration.title
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise IntegrationFailed(
            f"{title} refuses the hub's token ({status}). Put one that is valid, and may read, into the configuration."
        )
    if 300 <= status < 400:
        raise IntegrationFailed(
            f"{title} sends the hub elsewhere ({status}), which it does not follow. "
            "Correct the address in the configuration, or the token: some apps lead to their sign-in page."
        )
    if status != HTTPStatus.OK:
        raise IntegrationFailed(f"{title} answered with {status}. Its own log says more.")
    media_type = kind.partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise IntegrationFailed(
            f"{title} answered with {media_type[:60] or 'something'} instead of JSON. "
            "Is the address in the configuration that of the app itself?"
        )
