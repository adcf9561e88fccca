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


def asgi_application() -> App:
    django: Any = get_wsgi_application()
    # All pages and the API: the first request would wait for them.
    import_module(settings.ROOT_URLCONF)
    pages = Threads(django, ThreadPoolExecutor(THREADS, thread_name_prefix="page"))
    scripts = Threads(django, ThreadPoolExecutor(SCRIPT_THREADS, thread_name_prefix="script"))
    on_the_loop: dict[str, App] = {events.PATH: events.events, **dict.fromkeys(LIVENESS_PATHS, liveness)}

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close"})
            return
        # WSGI could not tell Remote_User, which a proxy lets through, from the Remote-User that it sets itself.
        scope["headers"] = [header for header in scope["headers"] if b"_" not in header[0]]
        if scope["method"] in {"GET", "HEAD"} and scope["path"] in on_the_loop:
            await on_the_loop[scope["path"]](scope, receive, answering_back(scope, send))
        elif scope["path"] == events.PATH:
            await events.refuse_method(answering_back(scope, send))
        else:
            await (scripts if _is_of_a_script(scope) else pages)(scope, receive, send)

    return application


def _is_of_a_script(scope: Scope) -> bool:
    return scope["path"].startswith(API_PREFIX) and any(name == b"authorization" for name, _ in scope["headers"])


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
