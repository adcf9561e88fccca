"""SQLite that takes nothing new for a while: read-only, or full."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FLAG = "LABELHUB_TEST_REFUSES"


@contextmanager
def sqlite_refuses(flag: Path, how: str) -> Iterator[None]:
    """In every process that called `heed` with this file."""
    flag.write_text(how)
    try:
        yield
    finally:
        flag.unlink()


def heed(flag: Path) -> None:
    """SQLite's own limits: a full one gets no page more than it has, a read-only one may only be asked."""
    from django.db.backends.signals import connection_created

    def obey(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        how = flag.read_text() if flag.exists() else ""
        raw = context["connection"].connection
        raw.execute(f"PRAGMA max_page_count = {1 if how == 'full' else 2**30}")
        raw.execute(f"PRAGMA query_only = {int(how == 'read-only')}")
        return execute(sql, params, many, context)

    def attach(connection: Any, **_: Any) -> None:
        if obey not in connection.execute_wrappers:
            connection.execute_wrappers.append(obey)

    connection_created.connect(attach, weak=False)
