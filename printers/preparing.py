"""Statements whose plan PostgreSQL keeps for as long as a session lives; not through a pooler that hands out sessions.

psycopg waits for each packet of an answer in Python. Here one call of libpq waits for all of it, without the
interpreter, and only values and rows go through psycopg.
"""

import re
from collections.abc import Sequence
from itertools import count
from typing import Any

from psycopg import OperationalError, errors
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus, TransactionStatus

# So many statements a session keeps, as psycopg would.
MOST_KEPT = 100

IDLE = TransactionStatus.IDLE
ROWS, DONE = ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK

_numbers = count()


class Session:
    """What a connection has prepared. One thread at a time has it."""

    def __init__(self, connection: Any) -> None:
        self.connection, self.pgconn = connection, connection.pgconn
        self.transformer = Transformer(connection)
        self.names: dict[tuple[str, Any], bytes] = {}

    def ask(self, sql: str, given: Sequence[Any]) -> tuple[int, list[Any]]:
        """How many rows it was about, and those that it gives."""
        transformer = self.transformer
        values = transformer.dump_sequence(given, [PyFormat.AUTO] * len(given))
        kinds, formats = transformer.types, transformer.formats
        if self.pgconn.transaction_status == IDLE and not self.connection.autocommit:
            self.connection.wait(self.connection._start_query())
        name = self.names.get((sql, kinds)) or self._prepare(sql, kinds)
        result = self._checked(self.pgconn.exec_prepared(name, values, formats))
        if result.status != ROWS:
            return result.command_tuples or 0, []
        transformer.set_pgresult(result)
        return result.ntuples, transformer.load_rows(0, result.ntuples, tuple)

    def _prepare(self, sql: str, kinds: Any) -> bytes:
        if len(self.names) >= MOST_KEPT:
            self.names.clear()
            self._checked(self.pgconn.exec_(b"DEALLOCATE ALL"))
        name = b"hub_%d" % next(_numbers)
        self._checked(self.pgconn.prepare(name, _numbered(sql).encode(), kinds))
        self.names[sql, kinds] = name
        return name

    def _checked(self, result: Any) -> Any:
        if (status := result.status) == ROWS or status == DONE:
            return result
        if self.connection.closed:
            # The server had no time to say why.
            raise OperationalError(result.get_error_message() or "The session has ended.")
        raise errors.error_from_result(result)


def session_of(connection: Any) -> Session:
    known: Session | None = connection.__dict__.get("prepared")
    if known is None:
        known = connection.prepared = Session(connection)
    return known


def _numbered(sql: str) -> str:
    """`%s` as PostgreSQL writes it: `$1`, `$2`, …"""
    places = count(1)
    return re.sub("%[%s]", lambda found: f"${next(places)}" if found[0] == "%s" else "%", sql)
