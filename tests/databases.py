"""Databases of their own for tests with real processes, of the kind that this test run is about."""

from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper


def fresh_settings(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a hub with an empty database; on PostgreSQL it lies beside the one of the test run."""
    common = {"LABELHUB_DATA_DIR": str(folder), "LABELHUB_SECRET_KEY": "k" * 60, **more}
    if settings.EMBEDDED_DATABASE:
        return {"LABELHUB_DATABASE_URL": f"sqlite:///{folder}/labelhub.sqlite3", **common}
    # It is named so that nobody is warned; no worker of these tests rings.
    common = {"LABELHUB_BROKER_URL": "redis://127.0.0.1:1/0", **common}
    name = f"hub_{uuid4().hex[:12]}"
    run = settings.DATABASES["default"]
    beside = f"postgresql://{run['USER']}@{run['HOST']}:{run['PORT']}/"
    query({"LABELHUB_DATABASE_URL": f"{beside}postgres"}, f'CREATE DATABASE "{name}"')
    return {"LABELHUB_DATABASE_URL": f"{beside}{name}", **common}


def query(env: dict[str, str], statement: str, values: Any = None) -> list[tuple[Any, ...]]:
    """Rows of such a database, by a connection of its own."""
    database = _connected(env["LABELHUB_DATABASE_URL"].split("/", 3)[3])
    try:
        with database.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall()) if cursor.description else []
    finally:
        database.close()


def execute_many(env: dict[str, str], statement: str, rows: list[list[Any]]) -> None:
    database = _connected(env["LABELHUB_DATABASE_URL"].split("/", 3)[3])
    try:
        with database.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.executemany(statement, rows)
            cursor.execute("COMMIT")
    finally:
        database.close()


def _connected(name: str) -> BaseDatabaseWrapper:
    kept = connections["default"]
    database: BaseDatabaseWrapper = type(kept)({**kept.settings_dict, "NAME": name, "OPTIONS": {}}, "elsewhere")
    return database


def plan_of(sql: str) -> str:
    """How the database goes about this statement."""
    with connection.cursor() as cursor:
        cursor.execute(("EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN ") + sql)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())
