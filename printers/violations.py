"""Was it a unique constraint? Every driver says so in its own way."""

import re
from collections.abc import Iterator

UNIQUE_SQLSTATE = "23505"  # PostgreSQL, SQL:2011 class 23
SQLITE_UNIQUE = frozenset({2067, 1555, 2579})  # UNIQUE, PRIMARYKEY, ROWID: https://sqlite.org/rescode.html
MYSQL_DUPLICATE = frozenset({1062, 1586})  # ER_DUP_ENTRY, ER_DUP_ENTRY_WITH_KEY_NAME
SQLITE_MESSAGE = re.compile(r"^(UNIQUE|PRIMARY KEY) constraint failed\b")


def is_unique_violation(error: BaseException) -> bool:
    """True only for a broken unique or primary key: of psycopg 3, psycopg2, asyncpg, sqlite3, PyMySQL, mysqlclient or
    mysql-connector, bare or wrapped by Django. Whatever is not recognised is not unique.
    """
    return any(_says_unique(each) for each in _error_and_causes(error))


def _error_and_causes(error: BaseException) -> Iterator[BaseException]:
    # An explicit cause is the driver's error; an implicit context may be some other error handled nearby.
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__


def _says_unique(error: BaseException) -> bool:
    driver = type(error).__module__.partition(".")[0]
    if driver in {"psycopg", "asyncpg"}:
        return getattr(error, "sqlstate", None) == UNIQUE_SQLSTATE
    if driver == "psycopg2":
        return getattr(error, "pgcode", None) == UNIQUE_SQLSTATE
    if driver == "sqlite3":
        code = getattr(error, "sqlite_errorcode", None)
        return code in SQLITE_UNIQUE if code is not None else bool(SQLITE_MESSAGE.match(str(error)))
    if driver in {"pymysql", "MySQLdb"}:
        return bool(error.args) and error.args[0] in MYSQL_DUPLICATE
    if driver == "mysql":
        # Its sqlstate 23000 is shared by every kind of violation.
        return getattr(error, "errno", None) in MYSQL_DUPLICATE
    return False
