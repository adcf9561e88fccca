"""Web, worker and beat as threads of one process, ended by one signal."""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import uvicorn
from celery import signals
from celery.beat import Scheduler, Service
from celery.worker import WorkController, state

from labelhub import events, extras
from labelhub.celery import app
from labelhub.http_limits import LimitedHttp
from labelhub.refusals import StartRefused
from labelhub.router import asgi_application
from labelhub.startup import settle

log = logging.getLogger(__name__)

# A printer that prints holds a thread for as long as its label takes.
WORKER_THREADS = 16
# From the signal to the end of the process; a label that is being sent may use what is left of it.
STOP_LIMIT_S = 4.5
OPEN_REQUESTS_S = 2


class EmbeddedWorker(WorkController):
    embedded = True

    def on_before_init(self, **_: Any) -> None:
        self.is_ready = threading.Event()

    def on_consumer_ready(self, consumer: Any) -> None:
        signals.worker_ready.send(sender=consumer)
        self.is_ready.set()


class EmbeddedBeat(Service):
    embedded = True
    # In memory: each entry is harmless to ring again after a restart.
    scheduler_cls: type[Scheduler] = Scheduler  # type: ignore[assignment]


class Workers:
    """The background threads: a Celery worker and the beat that rings it."""

    def __init__(self) -> None:
        self.worker = EmbeddedWorker(
            app=app,
            hostname=f"hub@{socket.gethostname()}",
            pool_cls="threads",
            concurrency=WORKER_THREADS,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        self.beat = EmbeddedBeat(app=app)
        self._threads = [
            threading.Thread(target=self.worker.start, name="worker", daemon=True),
            threading.Thread(target=self.beat.start, name="beat", daemon=True),
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def ask_to_stop(self) -> None:
        """Nothing new is taken on from here; what runs may end."""
        self.beat.stop()
        # The worker's loop and jobs/dispatch.py look at this between two messages, between two labels.
        state.should_stop = os.EX_OK  # type: ignore[assignment]

    def wait(self, limit_s: float) -> bool:
        """False when something still runs at the end of the limit."""
        self._threads[0].join(max(0.0, limit_s))
        return not self._threads[0].is_alive()


class Web(uvicorn.Server):
    """Tells the others at the first signal, and ends open event streams: they would hold the shutdown to its limit."""

    def __init__(self, config: uvicorn.Config, on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self.on_stop = on_stop
        self.is_listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_listening.set()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        # Not handed on to be raised again: a hub that was asked to stop, and did, ends with 0.
        self.force_exit = self.should_exit
        self.should_exit = True
        self.on_stop()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        events.stop()
        await super().shutdown(sockets)


def listen(address: str, port: int) -> socket.socket:
    """The socket of the pages, taken before anything else starts; port 0 takes any. Raises StartRefused."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
    except (OSError, OverflowError) as error:
        listener.close()
        why = error.strerror if isinstance(error, OSError) else "ports are numbers from 0 to 65535"
        raise StartRefused(
            f"Port {port} on {address} cannot be used: {why}; choose another one with --port."
        ) from error
    return listener


def serve(listener: socket.socket, *, on_ready: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM, and return within 5 s of it. `on_ready` runs once labels can be printed."""
    workers, asked_at = Workers(), []

    def on_stop() -> None:
        asked_at.append(time.monotonic())
        workers.ask_to_stop()

    def tell_when_ready() -> None:
        web.is_listening.wait()
        workers.worker.is_ready.wait()
        on_ready()

    config = uvicorn.Config(
        asgi_application(),
        http=LimitedHttp,
        log_config=None,
        access_log=False,
        ws="none",
        # Whose X-Forwarded-For is believed says LABELHUB_TRUSTED_PROXIES alone.
        proxy_headers=False,
        timeout_graceful_shutdown=OPEN_REQUESTS_S,
    )
    web = Web(config, on_stop)
    extras.start()
    settle()
    workers.start()
    threading.Thread(target=tell_when_ready, name="announcement", daemon=True).start()
    web.run(sockets=[listener])
    if not asked_at:
        on_stop()
    if not workers.wait(asked_at[0] + STOP_LIMIT_S - time.monotonic()):
        log.warning("A label was still being printed; its outcome is looked up at the next start.")
