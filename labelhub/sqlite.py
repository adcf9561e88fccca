"""SQLite lets one write at a time; who has to wait sleeps, longer each time, also where it could go on by now.

The threads of this process wait for each other here instead, and go on at once. For other processes it is as it was.
"""

import sqlite3
import threading
from functools import cache
from typing import Any

# As long as SQLite's own patience; then it says itself that the database is locked.
PATIENCE_S = 20.0
WRITES = frozenset({"INSERT", "UPDATE", "DELETE"})

_turn = threading.Lock()


class InTurns(sqlite3.Connection):
    """A transaction that Django begins takes its turn from BEGIN IMMEDIATE to its end."""

    _has_turn = False

    def cursor(self, factory: Any = sqlite3.Cursor) -> Any:
        return super().cursor(factory=_in_turns(factory))

    def commit(self) -> None:
        try:
            super().commit()
        finally:
            self.end_turn()

    def rollback(self) -> None:
        try:
            super().rollback()
        finally:
            self.end_turn()

    def close(self) -> None:
        try:
            super().close()
        finally:
            self._has_turn = self._let_go()

    def take_turn(self) -> None:
        self._has_turn = self._has_turn or _turn.acquire(timeout=PATIENCE_S)

    def end_turn(self) -> None:
        """What failed to be committed is still to be rolled back."""
        if not self.in_transaction:
            self._has_turn = self._let_go()

    def _let_go(self) -> bool:
        if self._has_turn:
            _turn.release()
        return False


class _WritesInTurns:
    connection: InTurns

    def execute(self, query: str, *given: Any) -> Any:
        begins = query == "BEGIN IMMEDIATE"
        if not begins and (query[:6] not in WRITES or self.connection.in_transaction):
            return super().execute(query, *given)  # type: ignore[misc]
        self.connection.take_turn()
        try:
            return super().execute(query, *given)  # type: ignore[misc]
        finally:
            self.connection.end_turn()


@cache
def _in_turns(factory: type[sqlite3.Cursor]) -> type[sqlite3.Cursor]:
    return type(f"{factory.__name__}InTurns", (_WritesInTurns, factory), {})
