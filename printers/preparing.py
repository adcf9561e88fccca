from typing import Any

import psycopg


class PreparingCursor(psycopg.Cursor[Any]):
    """Every statement is prepared on the server, once a session; not through a pooler that hands out sessions."""

    def execute(self, query: Any, params: Any = None, **_: Any) -> "PreparingCursor":
        return super().execute(query, params, prepare=True)
