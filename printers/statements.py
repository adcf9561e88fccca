"""Statements that run for every label: Django writes them once, and only their values are filled in again.

Composing a query costs Django several times what it costs the database to run it. A statement is kept for each kind of
database; it holds no rows and no connection.
"""

from collections.abc import Callable, Mapping, Sequence
from json import JSONDecoder
from typing import Any, Generic, TypeVar

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, Field, JSONField, Model, QuerySet, sql

from printers.columns import Place, this_database
from printers.prepared import inlined, row_of, run
from printers.together import GATE, Statement

M = TypeVar("M", bound=Model)

DECODE = JSONDecoder().raw_decode


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
        database = this_database()
        text, gated, places = self._text(database)
        return Statement(text, gated, _filled(places, values, database))

    def one(self, **values: Any) -> dict[str, Any] | None:
        """What is returned of the row that was changed; None where there was none."""
        _count, found = self._run(values)
        return dict(zip(self._returning, found[0], strict=True)) if found else None

    def _run(self, values: Mapping[str, Any]) -> tuple[int, list[Any]]:
        database = this_database()
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
        database = this_database()
        written = self._written.get(database.vendor)
        if written is None:
            written = self._written[database.vendor] = self._write(database)
        model, text, places, names, converters = written
        found = []
        for row in run(database, text, _filled(places, values, database))[1]:
            columns = list(row)
            for at, read, expression in converters:
                columns[at] = read(columns[at], expression, database)
            found.append(row_of(model, database.alias, names, columns))
        return found

    def _write(self, database: BaseDatabaseWrapper) -> tuple[type[M], str, list[Any], list[str], list[Any]]:
        rows = self._rows()
        compiler: Any = rows.query.get_compiler(using=database.alias)
        text, places = inlined(*compiler.as_sql())
        expressions = [each[0] for each in compiler.select]
        names = [expression.target.attname for expression in expressions]
        found = compiler.get_converters(expressions)
        converters = [
            (at, each, expression)
            for at, (convert, expression) in found.items()
            for each in _read_by(convert, expression, database)
        ]
        return rows.model, text, _placed(places, database), names, converters


def _placed(places: Sequence[Any], database: BaseDatabaseWrapper) -> list[Any]:
    return [Place(each.written_as, each.name, database) if isinstance(each, Given) else each for each in places]


def _filled(places: Sequence[Any], values: Mapping[str, Any], database: BaseDatabaseWrapper) -> list[Any]:
    return [each.value_in(values, database) if type(each) is Place else each for each in places]


def _read_by(convert: Sequence[Any], expression: Any, database: BaseDatabaseWrapper) -> Sequence[Any]:
    """What PostgreSQL gives of a JSON column is JSON, and begins with it: nobody has to look for blanks around it."""
    field = expression.target
    plain = type(field) is JSONField and field.decoder is None and list(convert) == [field.from_db_value]
    return [_json] if plain and database.vendor == "postgresql" else convert


def _json(text: str | None, _expression: Any, _database: Any) -> Any:
    return None if text is None else DECODE(text)[0]
