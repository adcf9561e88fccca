"""Real errors from live servers: each driver, each kind of violation."""

import asyncio
import shutil
import sqlite3
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from labelhub.accounts.models import User
from printers.violations import is_unique_violation
from tests.services import accepts, free_port, program, start_postgresql, wait_until

CREATE = (
    "CREATE TABLE parent (id integer PRIMARY KEY)",
    "CREATE TABLE child (id integer PRIMARY KEY, name varchar(20) NOT NULL UNIQUE, age integer CHECK (age > 0),"
    " parent integer, FOREIGN KEY (parent) REFERENCES parent (id))",
    "INSERT INTO child VALUES (1, 'a', 1, NULL)",
)
UNIQUE = ("INSERT INTO child VALUES (2, 'a', 1, NULL)", "INSERT INTO child VALUES (1, 'b', 1, NULL)")
OTHER = (
    "INSERT INTO child VALUES (3, NULL, 1, NULL)",
    "INSERT INTO child VALUES (3, 'c', 0, NULL)",
    "INSERT INTO child VALUES (3, 'c', 1, 99)",
    "INSERT INTO nowhere VALUES (1)",
)

Raise = Callable[[str], BaseException]


def verdicts(error_of: Raise) -> tuple[list[bool], list[bool]]:
    return ([is_unique_violation(error_of(s)) for s in UNIQUE], [is_unique_violation(error_of(s)) for s in OTHER])


ALL_TOLD_APART = ([True, True], [False, False, False, False])


def error_from(execute: Callable[[str], object], statement: str) -> BaseException:
    try:
        execute(statement)
    except Exception as error:
        return error
    raise AssertionError(f"went through: {statement}")


def test_sqlite() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        for statement in ("PRAGMA foreign_keys=ON", *CREATE):
            database.execute(statement)
        assert verdicts(lambda s: error_from(database.execute, s)) == ALL_TOLD_APART


def test_sqlite_without_error_codes_goes_by_the_message() -> None:
    assert is_unique_violation(sqlite3.IntegrityError("UNIQUE constraint failed: child.name"))
    assert not is_unique_violation(sqlite3.IntegrityError("NOT NULL constraint failed: child.name"))
    assert not is_unique_violation(sqlite3.IntegrityError("CHECK constraint failed: says UNIQUE constraint failed"))


@pytest.mark.django_db
def test_wrapped_by_django() -> None:
    User.objects.create(username="a")
    for values, unique in (({"username": "a"}, True), ({"username": "b", "date_joined": None}, False)):
        with pytest.raises(IntegrityError) as raised, transaction.atomic():
            User.objects.create(**values)
        assert is_unique_violation(raised.value) is unique


@pytest.mark.parametrize(
    "error", [ValueError("23505"), IntegrityError("UNIQUE constraint failed"), KeyError(1062), Exception()]
)
def test_unknown_errors_are_not_unique(error: Exception) -> None:
    assert not is_unique_violation(error)


def test_an_error_met_while_handling_a_unique_one_is_not_unique() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        for statement in CREATE:
            database.execute(statement)

        def stumble() -> None:
            try:
                database.execute(UNIQUE[0])
            except sqlite3.IntegrityError:
                raise ValueError("something else") from None

        with pytest.raises(ValueError, match="something else") as raised:
            stumble()
        assert not is_unique_violation(raised.value)


@pytest.fixture(scope="module")
def postgresql_url() -> Iterator[str]:
    server = start_postgresql()
    yield server.url
    server.stop()


@pytest.fixture(scope="module")
def mariadb_port() -> Iterator[int]:
    folder, port = Path(tempfile.mkdtemp(prefix="labelhub-mariadb-")), free_port()
    shutil.chown(folder, "mysql")
    install, serve = (program(name, "mariadb-server") for name in ("mariadb-install-db", "mariadbd"))
    subprocess.run(
        [
            install,
            "--no-defaults",
            f"--datadir={folder}/data",
            "--user=mysql",
            "--auth-root-authentication-method=normal",
        ],
        check=True,
        capture_output=True,
    )
    process = subprocess.Popen(
        [
            serve,
            "--no-defaults",
            f"--datadir={folder}/data",
            f"--port={port}",
            "--bind-address=127.0.0.1",
            "--user=mysql",
            f"--socket={folder}/socket",
            f"--pid-file={folder}/pid",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_until(lambda: accepts(port), "MariaDB's start")
    yield port
    process.terminate()
    process.wait(20)
    shutil.rmtree(folder, ignore_errors=True)


def in_fresh_schema(execute: Callable[[str], object], kind: str) -> None:
    if kind == "mariadb":
        for statement in ("DROP DATABASE IF EXISTS trial", "CREATE DATABASE trial", "USE trial"):
            execute(statement)
    else:
        for statement in ("DROP SCHEMA IF EXISTS trial CASCADE", "CREATE SCHEMA trial", "SET search_path TO trial"):
            execute(statement)
    for statement in CREATE:
        execute(statement)


@pytest.mark.services
@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_postgresql(postgresql_url: str, driver: str) -> None:
    module = import_module(driver)
    with closing(module.connect(postgresql_url)) as database:
        database.autocommit = True
        cursor = database.cursor()
        in_fresh_schema(cursor.execute, "postgresql")
        assert verdicts(lambda s: error_from(cursor.execute, s)) == ALL_TOLD_APART


@pytest.mark.services
def test_asyncpg(postgresql_url: str) -> None:
    import asyncpg

    async def run() -> tuple[list[bool], list[bool]]:
        database = await asyncpg.connect(postgresql_url)

        async def error_of(statement: str) -> BaseException:
            try:
                await database.execute(statement)
            except Exception as error:
                return error
            raise AssertionError(f"went through: {statement}")

        try:
            for statement in ("DROP SCHEMA IF EXISTS trial CASCADE", "CREATE SCHEMA trial", "SET search_path TO trial"):
                await database.execute(statement)
            for statement in CREATE:
                await database.execute(statement)
            unique = [is_unique_violation(await error_of(s)) for s in UNIQUE]
            return unique, [is_unique_violation(await error_of(s)) for s in OTHER]
        finally:
            await database.close()

    assert asyncio.run(run()) == ALL_TOLD_APART


def pymysql_connection(port: int) -> Any:
    import pymysql

    return pymysql.connect(host="127.0.0.1", port=port, user="root", autocommit=True)


def mysql_connector_connection(port: int) -> Any:
    import mysql.connector

    return mysql.connector.connect(host="127.0.0.1", port=port, user="root", autocommit=True, use_pure=True)


@pytest.mark.services
@pytest.mark.parametrize("connect", [pymysql_connection, mysql_connector_connection])
def test_mariadb(mariadb_port: int, connect: Callable[[int], Any]) -> None:
    with warnings.catch_warnings(), closing(connect(mariadb_port)) as database:
        warnings.simplefilter("ignore", DeprecationWarning)
        cursor = database.cursor()
        in_fresh_schema(cursor.execute, "mariadb")
        assert verdicts(lambda s: error_from(cursor.execute, s)) == ALL_TOLD_APART
