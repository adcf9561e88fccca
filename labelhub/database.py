import select
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Self

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.types.datetime import TimestamptzLoader

# How long a thread keeps what the pool has lent it.
KEPT_S = 30.0


class UtcLoader(TimestamptzLoader):
    """A hub's sessions are in UTC (Django sees to it), and that is read forty times quicker than any other zone."""

    # Django asks for it: with another one it would load by itself.
    timezone = UTC

    def load(self, data: Any) -> datetime:
        try:
            found = datetime.fromisoformat(bytes(data).decode())
        except ValueError:
            # `infinity`, or a year BC.
            return super().load(data)
        return found if found.tzinfo is UTC else super().load(data)


class QuietlyChecked(psycopg.Connection[Any]):
    """A pool asks a connection whether it lives, by an empty query, each time that it lends it: once a request.

    A server that ended the session has closed the socket, and that is seen without a round trip.
    """

    @classmethod
    def connect(cls, *arguments: Any, **options: Any) -> Self:
        connection = super().connect(*arguments, **options)
        connection.adapters.register_loader("timestamptz", UtcLoader)
        return connection

    def execute(self, query: Any, *arguments: Any, **options: Any) -> psycopg.Cursor[Any]:
        if query == "" and not self.has_news():
            return self.cursor()
        return super().execute(query, *arguments, **options)

    def has_news(self) -> bool:
        """Whether there is something to read, which an idle session has only at its end."""
        if self.closed:
            return True
        poll = select.poll()
        poll.register(self.fileno(), select.POLLIN | select.POLLPRI)
        return bool(poll.poll(0))


class Keeping:
    """For threads with many short requests: to borrow a connection for each and to give it back is as much work as a
    query. The pool has to have one for each of these threads and some more."""

    def __init__(self, application: Callable[..., Any]) -> None:
        self.application = application

    def __call__(self, *arguments: Any) -> Any:
        database: Any = connections[DEFAULT_DB_ALIAS]
        if database.connection is not None and database.connection.has_news():
            database.close()
        try:
            return self.application(*arguments)
        finally:
            now = time.monotonic()
            # Else Django gives it back when the answer is sent.
            if database.connection is not None and database.close_at <= now:
                database.close_at = now + KEPT_S
