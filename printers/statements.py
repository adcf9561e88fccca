"""Statements that run for every label: Django writes them once, and only their values are filled in again.

Composing a query costs Django several times what it costs the database to run it. A statement is kept for each kind of
database; it holds no rows and no connection.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, Field, Model, QuerySet, sql

from printers.prepared import inlined, row_of, run
from printers.together import GATE, Statement

M = TypeVar("M", bound=Model)
JSON = json.JSONEncoder()

# What most columns hold. A field of a house's own making is not among them, whatever it is derived from.
KINDS: dict[type[Any], type[Any]] = {
    models.CharField: str,
    models.TextField: str,
    models.BooleanField: bool,
    models.FloatField: float,
    models.UUIDField: UUID,
    models.PositiveSmallIntegerField: int,
    models.PositiveIntegerField: int,
    models.BigIntegerField: int,
    models.BigAutoField: int,
}


class Given(Expression):
    """Where the value called `name` goes; `field` says how it is written."""

    def __init__(self, name: str, field: "Field[Any, Any]") -> None:
        super().__init__(output_field=field)
        self.name, self.written_as = name, field

    def as_sql(self, _compiler: Any, _connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        return "%s", [self]


def given(model: type[Model], names: Mapping[str, str]) -> dict[str, Given]:
    """For `filter` and `update` of this model: by column (or column__lookup), what is given by that name."""
    fields: Any = model._meta
    return {column: Given(name, fields.get_field(column.partition("__")[0])) for column, name in names.items()}


class Update:
    """`rows` makes the queryset, and gives what is set, with `Given` for whatever differs from call to call.

    `returning`: columns, texts or whole numbers, of the changed row.
    """

    def __init__(
        self, rows: Callable[[], tuple[QuerySet[Any], Mapping[str, Any]]], *, returning: Sequence[str] = ()
    ) -> None:
        self._rows = rows
        self._returning = returning
        self._written: dict[str, tuple[str, str, list[Any]]] = {}

    def run(self, **values: Any) -> int:
        """How many rows were changed."""
        return self._run(values)[0]

    def filled(self, **values: Any) -> Statement:
        """For `together`; without what it returns."""
        database = _database()
        text, gated, places = self._text(database)
        return Statement(text, gated, _filled(places, values, database))

    def one(self, **values: Any) -> dict[str, Any] | None:
        """What is returned of the row that was changed; None where there was none."""
        _count, found = self._run(values)
        return dict(zip(self._returning, found[0], strict=True)) if found else None

    def _run(self, values: Mapping[str, Any]) -> tuple[int, list[Any]]:
        database = _database()
        text, _gated, places = self._text(database)
        if self._returning:
            text += f" RETURNING {', '.join(map(database.ops.quote_name, self._returning))}"
        return run(database, text, _filled(places, values, database))

    def _text(self, database: BaseDatabaseWrapper) -> tuple[str, str, list[Any]]:
        written = self._written.get(database.vendor)
        if written is None:
            rows, columns = self._rows()
            query = rows.query.chain(sql.UpdateQuery)
            query.clear_ordering(force=True)
            query.add_update_values(dict(columns))  # type: ignore[attr-defined]
            text, places = query.get_compiler(using=database.alias).as_sql()
            text, places = inlined(text, places)
            gated = f"{text} AND EXISTS (SELECT FROM {GATE})"
            written = self._written[database.vendor] = text, gated, _placed(places, database)
        return written


class Select(Generic[M]):
    """The rows of one model, without its relations."""

    def __init__(self, rows: Callable[[], QuerySet[M]]) -> None:
        self._rows = rows
        self._written: dict[str, tuple[type[M], str, list[Any], list[str], list[Any]]] = {}

    def run(self, **values: Any) -> list[M]:
        database = _database()
        written = self._written.get(database.vendor)
        if written is None:
            written = self._written[database.vendor] = self._write(database)
        model, text, places, names, converters = written
        found = []
        for row in run(database, text, _filled(places, values, database))[1]:
            columns = list(row)
            for at, convert, expression in converters:
                for each in convert:
                    columns[at] = each(columns[at], expression, database)
            found.append(row_of(model, database.alias, names, columns))
        return found

    def _write(self, database: BaseDatabaseWrapper) -> tuple[type[M], str, list[Any], list[str], list[Any]]:
        rows = self._rows()
        compiler: Any = rows.query.get_compiler(using=database.alias)
        text, places = inlined(*compiler.as_sql())
        expressions = [each[0] for each in compiler.select]
        names = [expression.target.attname for expression in expressions]
        found = compiler.get_converters(expressions)
        converters = [(at, convert, expression) for at, (convert, expression) in found.items()]
        return rows.model, text, _placed(places, database), names, converters


def insert(model: type[Model], *rows: Mapping[str, Any], returning: str = "") -> Any:
    """Rows with the same columns, in one statement; what is not named takes the field's default.

    With `returning`, a column, its value in the first row.
    """
    statement = inserting(model, *rows, returning=returning)
    _count, found = run(_database(), statement.text, statement.values)
    return found[0][0] if returning else None


def inserting(model: type[Model], *rows: Mapping[str, Any], returning: str = "") -> Statement:
    """The same for `together`."""
    database = _database()
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
    database = _database()
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


_inserts: "dict[tuple[Any, ...], tuple[str, str, list[_Place]]]" = {}
_inserts_of_many: "dict[tuple[Any, ...], tuple[str, list[_Place]]]" = {}


class _Place:
    """Where a value goes, and how it is written: found out once, for Django asks five methods about each value."""

    __slots__ = ("_default", "_kinds", "_name", "_prepare", "_step")

    def __init__(self, field: "Field[Any, Any]", name: str, database: BaseDatabaseWrapper) -> None:
        self._name = name
        self._default = field.get_default
        self._prepare = field.get_db_prep_save
        self._kinds, self._step = _in_one_step(field, database)

    def value_in(self, values: Mapping[str, Any], database: BaseDatabaseWrapper) -> Any:
        return self._written(values[self._name] if self._name else self._default(), database)

    def values_in(self, rows: Sequence[Mapping[str, Any]], database: BaseDatabaseWrapper) -> list[Any]:
        """Of every row; what all of them share is prepared once."""
        given = [row[self._name] for row in rows] if self._name else [self._default() for _ in rows]
        first = given[0]
        if all(value is first for value in given):
            return [self._written(first, database)] * len(rows)
        return [self._written(value, database) for value in given]

    def _written(self, value: Any, database: BaseDatabaseWrapper) -> Any:
        if value is None:
            return None
        return self._step(value) if type(value) in self._kinds else self._prepare(value, database)


def _in_one_step(
    field: "Field[Any, Any]", database: BaseDatabaseWrapper
) -> tuple[tuple[type, ...], Callable[[Any], Any]]:
    """The types of values that need no more than this step. Anything else, also a type derived from one, does."""
    target: Any = field
    while target.is_relation:
        target = target.target_field
    if type(target) is models.JSONField and target.encoder is None:
        # As json.dumps writes it, without asking each time how.
        return (dict, list), JSON.encode
    if type(target) is models.DateTimeField and database.vendor == "postgresql":

        def written(value: datetime) -> Any:
            return field.get_db_prep_save(value, database) if value.tzinfo is None else value

        return (datetime,), written
    kind = KINDS.get(type(target))
    if kind is None:
        return (), _as_it_is
    if kind is UUID:
        return (UUID,), _as_it_is if database.features.has_native_uuid_field else attrgetter("hex")
    # What psycopg is told of a number's size is a type; the others are what they were.
    return (kind,), type(field.get_db_prep_save(kind(), database))


def _as_it_is(value: Any) -> Any:
    return value


def _write_insert(
    database: BaseDatabaseWrapper, model: type[Model], names: tuple[str, ...], rows: int, returning: str
) -> tuple[str, str, list[_Place]]:
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
        _Place(field, field.attname if field.attname in names else "", database)
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
) -> tuple[str, list[_Place]]:
    fields, table = _table(database, model, names)
    given = [_Place(field, field.attname if field.attname in names else "", database) for field in fields]
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


def _database() -> BaseDatabaseWrapper:
    # Asked for once in a statement: whatever is read of `django.db.connection` looks for the thread's own again.
    return connections[DEFAULT_DB_ALIAS]


def _placed(places: Sequence[Any], database: BaseDatabaseWrapper) -> list[Any]:
    return [_Place(each.written_as, each.name, database) if isinstance(each, Given) else each for each in places]


def _filled(places: Sequence[Any], values: Mapping[str, Any], database: BaseDatabaseWrapper) -> list[Any]:
    return [each.value_in(values, database) if type(each) is _Place else each for each in places]
