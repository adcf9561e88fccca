from typing import Any

import psycopg


class PreparingCursor(psycopg.Cursor[Any]):
    """Every statement is prepared on the server, once a session; not through a pooler that hands out sessions."""

    def execute(self, query: Any, params: Any = None, **_: Any) -> "PreparingCursor":
        return super().execute(query, params, prepare=True)


def cursor_of(connection: Any, sql: str) -> PreparingCursor:
    """The connection's own cursor for this statement: it knows already how each column is read.

    Kept for as long as the connection, with the rows that it read last.
    """
    cursors: dict[str, PreparingCursor] = connection.__dict__.setdefault("prepared_cursors", {})
    if sql not in cursors:
        cursors[sql] = PreparingCursor(connection)
    return cursors[sql]
