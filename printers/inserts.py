"""Rows that come in for every label, by statements that are written once (printers/statements.py)."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Model

from printers.columns import Place, this_database
from printers.prepared import run
from printers.together import GATE, Statement


def insert(model: type[Model], *rows: Mapping[str, Any], returning: str = "") -> Any:
    """Rows with the same columns, in one statement; what is not named takes the field's default.

    With `returning`, a column, its value in the first row.
    """
    statement = inserting(model, *rows, returning=returning)
    _count, found = run(this_database(), statement.text, statement.values)
    return found[0][0] if returning else None


def inserting(model: type[Model], *rows: Mapping[str, Any], returning: str = "") -> Statement:
    """The same for `together`."""
    database = this_database()
    key = model, tuple(rows[0]), len(rows), returning, database.vendor
    written = _inserts.get(key)
    if written is None:
        written = _inserts[key] = _write_insert(database, *key[:4])
    text, gated, columns = written
    values = [each.value_in(row, database) for row in rows for each in columns]
    return Statement(text, gated, values, returning)


def insert_many(model: type[Model], rows: Sequence[Mapping[str, Any]]) -> None:
    """Any number of rows with the same columns, in their order, in the caller's transaction.

    What is not named takes the field's default. Raises django.db.Error, and ValueError for a column that is not there.
    """
    if not rows:
        return
    database = this_database()
    key = model, tuple(rows[0]), database.vendor
    written = _inserts_of_many.get(key)
    if written is None:
        written = _inserts_of_many[key] = _write_insert_of_many(database, *key[:2])
    text, columns = written
    values = zip(*[each.values_in(rows, database) for each in columns], strict=True)
    with database.cursor() as cursor:
        if database.vendor != "postgresql":
            cursor.executemany(text, list(values))
            return
        # Django lets psycopg's own errors through here.
        with database.wrap_database_errors, cursor.copy(text) as copy:
            for row in values:
                copy.write_row(row)


_inserts: "dict[tuple[Any, ...], tuple[str, str, list[Place]]]" = {}
_inserts_of_many: "dict[tuple[Any, ...], tuple[str, list[Place]]]" = {}


def _write_insert(
    database: BaseDatabaseWrapper, model: type[Model], names: tuple[str, ...], rows: int, returning: str
) -> tuple[str, str, list[Place]]:
    quote = database.ops.quote_name
    fields, table = _table(database, model, names)
    constants = [None if field.attname in names else _constant(field) for field in fields]
    into = f"INSERT INTO {table}"
    places = ", ".join([f"({', '.join(each or '%s' for each in constants)})"] * rows)
    # Where it is not a column's at once, PostgreSQL has to be told what kind a value is.
    kinds = [f"{each or '%s'}::{_kind(field, database)}" for field, each in zip(fields, constants, strict=True)]
    cast = ", ".join([f"({', '.join(kinds)})"] * rows)
    end = f" RETURNING {quote(returning)}" if returning else ""
    gated = f"{into} SELECT * FROM (VALUES {cast}) AS given WHERE EXISTS (SELECT FROM {GATE}){end}"  # noqa: S608
    given = [
        Place(field, field.attname if field.attname in names else "", database)
        for field, constant in zip(fields, constants, strict=True)
        if constant is None
    ]
    return f"{into} VALUES {places}{end}", gated, given


def _constant(field: "Field[Any, Any]") -> str | None:
    """A default as SQL has it, of the kinds that are written alike everywhere."""
    if callable(field.default):
        return None
    default = field.get_default()
    if default is None:
        return "NULL"
    if type(default) is int:
        return str(default)
    return "''" if default == "" else None


def _write_insert_of_many(
    database: BaseDatabaseWrapper, model: type[Model], names: tuple[str, ...]
) -> tuple[str, list[Place]]:
    fields, table = _table(database, model, names)
    given = [Place(field, field.attname if field.attname in names else "", database) for field in fields]
    if database.vendor == "postgresql":
        return f"COPY {table} FROM STDIN", given
    return f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(fields))})", given  # noqa: S608


def _table(
    database: BaseDatabaseWrapper, model: type[Model], names: tuple[str, ...]
) -> "tuple[list[Field[Any, Any]], str]":
    """The fields that the database does not count itself, and the table with their columns."""
    quote = database.ops.quote_name
    fields = [each for each in model._meta.concrete_fields if not isinstance(each, models.AutoField)]
    if unknown := set(names) - {field.attname for field in fields}:
        raise ValueError(f"{model.__name__} has no column {', '.join(sorted(unknown))}")
    columns = ", ".join(quote(str(field.column)) for field in fields)
    return fields, f"{quote(model._meta.db_table)} ({columns})"


def _kind(field: "Field[Any, Any]", database: BaseDatabaseWrapper) -> str:
    return str(field.rel_db_type(database) if field.is_relation else field.db_type(database))
