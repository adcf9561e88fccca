"""One origin on two kinds of workers: streams and liveness on the event loop, everything else on Django's threads.

Django as WSGI on threads serves twice the requests of Django as ASGI, and keeps a database connection per thread.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from health.liveness import LIVENESS_PATHS, liveness_body
from labelhub import events
from labelhub.problems import API_PREFIX
from labelhub.request_ids import answering_back
from labelhub.threads import Threads

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

THREADS = 8
# Requests of scripts are short and many. More threads would only take the interpreter from each other; with their own
# they do not stand behind a page that is drawn.
SCRIPT_THREADS = 4


async def liveness(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Answers although every thread may be busy."""
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": liveness_body()})


class Router:
    def __init__(self, django: Any) -> None:
        self.pages = Threads(django, ThreadPoolExecutor(THREADS, thread_name_prefix="page"))
        self.scripts = Threads(_keeping(django), ThreadPoolExecutor(SCRIPT_THREADS, thread_name_prefix="script"))
        self.on_the_loop: dict[str, App] = {events.PATH: events.events, **dict.fromkeys(LIVENESS_PATHS, liveness)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close"})
        elif (threads := self.threads_of(scope)) is not None:
            await threads(scope, receive, send)
        elif scope["method"] in {"GET", "HEAD"}:
            await self.on_the_loop[scope["path"]](scope, receive, answering_back(scope, send))
        else:
            await events.refuse_method(answering_back(scope, send))

    def threads_of(self, scope: Scope) -> Threads | None:
        """Where a request is answered; None is the event loop."""
        path = scope["path"]
        if path in self.on_the_loop and (path == events.PATH or scope["method"] in {"GET", "HEAD"}):
            return None
        return self.scripts if _is_of_a_script(scope) else self.pages


def _keeping(django: Any) -> Any:
    if settings.EMBEDDED_DATABASE or settings.DATABASE_CONNECTIONS < THREADS + 2 * SCRIPT_THREADS:
        return django
    from labelhub.database import Keeping

    return Keeping(django)


def asgi_application() -> Router:
    django: Any = get_wsgi_application()
    # All pages and the API: the first request would wait for them.
    import_module(settings.ROOT_URLCONF)
    return Router(django)


def _is_of_a_script(scope: Scope) -> bool:
    return scope["path"].startswith(API_PREFIX) and any(name == b"authorization" for name, _ in scope["headers"])


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
