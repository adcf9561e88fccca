"""One origin on two kinds of workers: streams and liveness on the event loop, everything else on Django's threads.

Django as WSGI on threads serves twice the requests of Django as ASGI, and keeps a database connection per thread.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from importlib import import_module
from typing import Any

from a2wsgi import WSGIMiddleware
from django.conf import settings
from django.core.wsgi import get_wsgi_application

from health.liveness import LIVENESS_PATHS, liveness_body
from labelhub import events
from labelhub.threads import WithoutBody, has_body

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

THREADS = 8


async def liveness(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Answers although every thread may be busy."""
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": liveness_body()})


def asgi_application(threads: int = THREADS) -> App:
    django: Any = get_wsgi_application()
    # All pages and the API: the first request would wait for them.
    import_module(settings.ROOT_URLCONF)
    pages: Any = WSGIMiddleware(django, workers=threads)
    reads = WithoutBody(django, pages.executor)
    on_the_loop: dict[str, App] = {events.PATH: events.events, **dict.fromkeys(LIVENESS_PATHS, liveness)}

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}:
            usual = pages if has_body(scope) else reads
            await on_the_loop.get(scope["path"], usual)(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == events.PATH:
            await events.refuse_method(send)
        elif scope["type"] == "http":
            await pages(scope, receive, send)
        else:
            await send({"type": "websocket.close"})

    return application


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
