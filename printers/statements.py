"""Statements that run for every label: Django writes them once, and only their values are filled in again.

Composing a query costs Django several times what it costs the database to run it. A statement is kept for each kind of
database; it holds no rows and no connection.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, Field, Model, QuerySet, sql

from printers.prepared import executed

M = TypeVar("M", bound=Model)


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
    """`rows` makes the queryset, and gives what is set, with `Given` for whatever differs from call to call."""

    def __init__(self, rows: Callable[[], tuple[QuerySet[Any], Mapping[str, Any]]]) -> None:
        self._rows = rows
        self._written: dict[str, tuple[str, tuple[Any, ...]]] = {}

    def run(self, **values: Any) -> int:
        """How many rows were changed."""
        database = _database()
        written = self._written.get(database.vendor)
        if written is None:
            rows, columns = self._rows()
            query = rows.query.chain(sql.UpdateQuery)
            query.clear_ordering(force=True)
            query.add_update_values(dict(columns))  # type: ignore[attr-defined]
            written = self._written[database.vendor] = query.get_compiler(using=database.alias).as_sql()
        return int(executed(database, written[0], _filled(written[1], values, database)).rowcount)


class Select(Generic[M]):
    """The rows of one model, without its relations."""

    def __init__(self, rows: Callable[[], QuerySet[M]]) -> None:
        self._rows = rows
        self._written: dict[str, tuple[type[M], str, tuple[Any, ...], list[str], list[Any]]] = {}

    def run(self, **values: Any) -> list[M]:
        database = _database()
        written = self._written.get(database.vendor)
        if written is None:
            written = self._written[database.vendor] = self._write(database.alias)
        model, text, places, names, converters = written
        with database.cursor() as cursor:
            cursor.execute(text, _filled(places, values, database))
            rows = cursor.fetchall()
        found = []
        for row in rows:
            columns = list(row)
            for at, convert, expression in converters:
                for each in convert:
                    columns[at] = each(columns[at], expression, database)
            found.append(model.from_db(database.alias, names, columns))
        return found

    def _write(self, alias: str) -> tuple[type[M], str, tuple[Any, ...], list[str], list[Any]]:
        rows = self._rows()
        compiler: Any = rows.query.get_compiler(using=alias)
        text, places = compiler.as_sql()
        expressions = [each[0] for each in compiler.select]
        names = [expression.target.attname for expression in expressions]
        found = compiler.get_converters(expressions)
        converters = [(at, convert, expression) for at, (convert, expression) in found.items()]
        return rows.model, text, places, names, converters


def insert(model: type[Model], *rows: Mapping[str, Any], returning: str = "") -> Any:
    """Rows with the same columns, in one statement; what is not named takes the field's default.

    With `returning`, a column, its value in the first row.
    """
    database = _database()
    key = model, tuple(rows[0]), len(rows), returning, database.vendor
    written = _inserts.get(key)
    if written is None:
        written = _inserts[key] = _write_insert(database.ops.quote_name, *key[:4])
    text, fields = written
    params = [
        field.get_db_prep_save(row[field.attname] if field.attname in row else field.get_default(), database)
        for row in rows
        for field in fields
    ]
    cursor = executed(database, text, params)
    return cursor.fetchone()[0] if returning else None


_inserts: dict[tuple[Any, ...], tuple[str, list["Field[Any, Any]"]]] = {}


def _write_insert(
    quote: Callable[[str], str], model: type[Model], names: tuple[str, ...], rows: int, returning: str
) -> "tuple[str, list[Field[Any, Any]]]":
    fields = [each for each in model._meta.concrete_fields if not isinstance(each, models.AutoField)]
    if unknown := set(names) - {field.attname for field in fields}:
        raise ValueError(f"{model.__name__} has no column {', '.join(sorted(unknown))}")
    columns = ", ".join(quote(str(field.column)) for field in fields)
    places = ", ".join([f"({', '.join(['%s'] * len(fields))})"] * rows)
    text = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES {places}"  # noqa: S608
    return (f"{text} RETURNING {quote(returning)}" if returning else text), fields


def _database() -> BaseDatabaseWrapper:
    # Asked for once in a statement: whatever is read of `django.db.connection` looks for the thread's own again.
    return connections[DEFAULT_DB_ALIAS]


def _filled(places: Sequence[Any], values: Mapping[str, Any], database: BaseDatabaseWrapper) -> list[Any]:
    return [
        each.written_as.get_db_prep_save(values[each.name], database) if isinstance(each, Given) else each
        for each in places
    ]
