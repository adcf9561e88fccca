import select
from typing import Any

import psycopg


class QuietlyChecked(psycopg.Connection[Any]):
    """A pool asks a connection whether it lives, by an empty query, each time that it lends it: once a request.

    A server that ended the session has closed the socket, and that is seen without a round trip.
    """

    def execute(self, query: Any, *arguments: Any, **options: Any) -> psycopg.Cursor[Any]:
        if query == "" and not self.closed and not self._has_news():
            return self.cursor()
        return super().execute(query, *arguments, **options)

    def _has_news(self) -> bool:
        poll = select.poll()
        poll.register(self.fileno(), select.POLLIN | select.POLLPRI)
        return bool(poll.poll(0))
