"""`GET /api/events`: Server-Sent Events straight on ASGI, so that a thousand open streams hold no thread each.

Each message is one event of the log as JSON. Its `id` is what to send back as `Last-Event-ID`: everything that was
committed after it is sent again, so a stream that breaks loses nothing.
"""

import asyncio
import io
import json
import random
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.core.handlers.asgi import ASGIRequest
from django.db import InterfaceError, OperationalError

from labelhub.access import caller_for
from labelhub.problems import MEDIA_TYPE, TooManyRequests, describe, plain
from printers.callers import Caller
from printers.errors import HubError, InvalidInput, NotFound, Problem
from printers.instants import rfc3339
from printers.lookup import find_printer
from printers.models import Event
from printers.stream import Bus, Listener, TooManyListeners, Wanted, bus, in_database, replay

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PATH = "/api/events"
ROUTE = ("GET", PATH)
PING_S = 15.0
# A stream that goes on is asked again whether it may, once within this; not all of them at once.
RECHECK_S = 60.0
RETRY_MS = 2000
PARAMETERS = frozenset({"printer", "batch", "job", "last_event_id"})
LARGEST_ID = 2**63 - 1
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


async def events(scope: Scope, receive: Receive, send: Send) -> None:
    try:
        after, wanted = await in_database(lambda: _read_request(scope))
        stream = bus()
        listener = await stream.listen(wanted)
    except HubError as error:
        await _refuse(send, describe(error, PATH), error.extra.get("retry_after"))
        return
    except TooManyListeners:
        sentence = "This hub serves no more event streams now."
        await _refuse(send, plain(503, PATH, code="too-many-streams", detail=sentence), 5)
        return
    except (OperationalError, InterfaceError):
        await _refuse(send, plain(503, PATH), 5)
        return
    if scope["method"] == "HEAD":
        stream.leave(listener)
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await send({"type": "http.response.body", "body": b""})
        return
    gone = asyncio.create_task(_until_gone(receive))
    talk = asyncio.create_task(_talk(scope, send, stream, listener, after))
    try:
        await asyncio.wait({gone, talk}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stream.leave(listener)
        for task in (gone, talk):
            task.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await task


async def refuse_method(send: Send) -> None:
    await _refuse(send, plain(405, PATH), allow="GET, HEAD")


def stop() -> None:
    """End the streams of the running event loop, so that a server can shut down at once."""
    bus().stop()


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _talk(scope: Scope, send: Send, stream: Bus, listener: Listener, after: int | None) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await _write(send, f"retry: {RETRY_MS}\n: connected\n\n")
    repeated: set[int] = set()
    if after is not None:
        async for event in replay(listener.wanted, after, listener.since):
            repeated.add(event.id)
            await _write(send, message(listener.wanted.told(event), min(event.id, stream.reader.resume)))
    check_at = _next_check()
    while True:
        if time.monotonic() > check_at:
            if not await in_database(lambda: _may_go_on(scope, listener.wanted)):
                break
            check_at = _next_check()
        try:
            said = await asyncio.wait_for(listener.queue.get(), PING_S)
        except TimeoutError:
            await _write(send, ": ping\n\n")
            continue
        if said is None:
            break
        if said.event.id not in repeated:
            await _write(send, message(listener.wanted.told(said.event), said.resume))
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def as_json(event: Event) -> dict[str, Any]:
    """An event as streams and webhooks tell it."""
    return {
        "id": event.id,
        "at": rfc3339(event.at),
        "kind": event.kind,
        "printer": str(event.printer_id) if event.printer_id else None,
        "job": str(event.job_id) if event.job_id else None,
        "batch": str(event.batch_id) if event.batch_id else None,
        "actor": event.actor,
        "data": event.data,
    }


def message(event: Event, resume: int) -> str:
    body = as_json(event)
    return f"id: {resume}\ndata: {json.dumps(body, separators=(',', ':'), ensure_ascii=False)}\n\n"


class InvalidQuery(InvalidInput):
    source = "query"


class InvalidHeader(InvalidInput):
    source = "header"


async def _write(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _refuse(send: Send, body: MutableMapping[str, Any], retry_after: object = None, *, allow: str = "") -> None:
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"cache-control", b"no-store")]
    if body["status"] == 401:
        headers.append((b"www-authenticate", b'Bearer realm="LabelHub"'))
    if allow:
        headers.append((b"allow", allow.encode()))
    if retry_after is not None:
        headers.append((b"retry-after", str(retry_after).encode()))
    body = {name: value for name, value in body.items() if name != "retry_after"}
    await send({"type": "http.response.start", "status": body["status"], "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})


def _read_request(scope: Scope) -> tuple[int | None, Wanted]:
    """Where to begin (None: now) and what is wanted, for a caller who may listen."""
    request: Any = ASGIRequest(dict(scope), io.BytesIO())
    session_store = import_module(settings.SESSION_ENGINE).SessionStore
    request.session = session_store(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    request.user = get_user(request)
    caller = caller_for(request, ROUTE)
    given = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    query = {name: values[-1] for name, values in given.items()}
    if unknown := sorted(query.keys() - PARAMETERS):
        sentence = f"There is no parameter “{unknown[0]}”; there are printer, batch and job."
        raise InvalidQuery(sentence, [Problem(f"/{name}", sentence) for name in unknown])
    # EventSource cannot set the header on its first request.
    if header := request.headers.get("Last-Event-ID"):
        return _event_id(header, InvalidHeader, "/Last-Event-ID"), _wanted(query, caller)
    return _event_id(query.get("last_event_id"), InvalidQuery, "/last_event_id"), _wanted(query, caller)


def _next_check() -> float:
    return time.monotonic() + RECHECK_S * random.uniform(0.5, 1)  # noqa: S311


def _may_go_on(scope: Scope, wanted: Wanted) -> bool:
    """False when its token was revoked, or its person may see other printers than before: it is to ask anew."""
    try:
        return _read_request(scope)[1] == wanted
    except (TooManyRequests, OperationalError, InterfaceError):
        return True
    except HubError:
        return False


def _wanted(query: dict[str, str], caller: Caller) -> Wanted:
    return Wanted(
        printer=find_printer(query["printer"], caller).id if "printer" in query else None,
        batch=_uuid("batch", query),
        job=_uuid("job", query),
        only_printers=caller.printer_ids,
    )


def _uuid(name: str, query: dict[str, str]) -> UUID | None:
    try:
        return UUID(query[name]) if name in query else None
    except ValueError as error:
        raise NotFound(f"There is no {name} “{query[name]}”.") from error


def _event_id(text: str | None, refusal: type[InvalidInput], pointer: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or int(text[:20]) > LARGEST_ID:
        sentence = "Last-Event-ID is the id of an event: a whole number."
        raise refusal(sentence, [Problem(pointer, sentence)])
    return int(text[:20])
