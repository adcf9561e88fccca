"""Queries whose SQL is made once. Making it takes Django several times as long as the database needs to answer.

For the few that every request of a script makes; everything else is an ordinary query set.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import NotSupportedError, connection, connections, models
from django.db.models.base import ModelState
from django.db.models.query import get_related_populators

Row = TypeVar("Row", bound=models.Model)

# Stand for the values while the SQL is made; nobody's data look like them.
TEXT_MARKS = tuple(f"\ufdd0{n}\ufdd1" for n in range(4))
ID_MARKS = tuple(UUID(int=0xFDD0 << 64 | n) for n in range(4))


class Prepared(Generic[Row]):
    """`Prepared(lambda key: Thing.objects.filter(key=key), str)`, then `prepared("x")` gives the rows.

    Values are text or UUIDs and only compared with; the query must not depend on them in any other way.
    """

    def __init__(self, build: Callable[..., models.QuerySet[Row]], *kinds: type[str] | type[UUID]) -> None:
        self.build = build
        self.marks = [TEXT_MARKS[n] if kind is str else ID_MARKS[n] for n, kind in enumerate(kinds)]
        self._plan: _Plan | None = None

    def __call__(self, *values: str | UUID) -> list[Row]:
        if self._plan is None or self._plan.vendor != connection.vendor:
            self._plan = _Plan(self.build(*self.marks), self.marks)
        return self._plan.rows(values)


class _Plan:
    def __init__(self, queryset: models.QuerySet[Any], marks: list[Any]) -> None:
        self.vendor, self.model, self.alias = connection.vendor, queryset.model, connection.alias
        compiler: Any = queryset.query.get_compiler(connection=connection)
        self.sql, parameters = inlined(*compiler.as_sql(), but=_in_forms(marks))
        self.parameters = [_place(each, marks) for each in parameters]
        info, select = compiler.klass_info, compiler.select
        fields = info["select_fields"]
        self.start, self.end = fields[0], fields[-1] + 1
        self.names = [each[0].target.attname for each in select[self.start : self.end]]
        self.annotations = list((compiler.annotation_col_map or {}).items())
        self.related = get_related_populators(info, select, self.alias)  # type: ignore[call-arg]
        self.compiler = compiler
        self.converters = compiler.get_converters([each[0] for each in select[: compiler.col_count]])

    def rows(self, values: tuple[Any, ...]) -> list[Any]:
        given = [values[at] if isinstance(at, int) else at[0](values) for at in self.parameters]
        try:
            found = self._ask(given)
        except NotSupportedError:
            # The server's plan is older than a migration of these columns: a new session has no plan.
            if connection.in_atomic_block:
                raise
            connection.close()
            found = self._ask(given)
        if self.converters:
            found = self.compiler.apply_converters(found, self.converters)
        return [self._row(each) for each in found]

    def _ask(self, given: list[Any]) -> Any:
        return run(connections[self.alias], self.sql, given)[1]

    def _row(self, columns: Any) -> Any:
        row = row_of(self.model, self.alias, self.names, columns[self.start : self.end])
        self._relate(self.related, columns, row)
        for name, at in self.annotations:
            setattr(row, name, columns[at])
        return row

    def _relate(self, populators: Any, columns: Any, row: Any) -> None:
        for each in populators:
            data = columns[each.cols_start : each.cols_end]
            missing = data[each.pk_idx] is None
            related = None if missing else row_of(each.model_cls, self.alias, each.init_list, data)
            each.local_setter(row, related)
            if related is not None:
                self._relate(each.related_populators, columns, related)
                each.remote_setter(related, row)


def inlined(sql: str, parameters: Sequence[Any], *, but: Collection[Any] = ()) -> tuple[str, list[Any]]:
    """With the texts and numbers of our own code in the statement itself, and only what differs as a parameter.

    A plan that is kept knows no parameter, and could not use an index that is for waiting jobs alone.
    """
    first, *rest = sql.split("%s")
    written, left = [first], []
    for parameter, after in zip(parameters, rest, strict=True):
        if type(parameter) is int:
            written.append(str(parameter))
        elif isinstance(parameter, str) and parameter not in but:
            written.append("'{}'".format(parameter.replace("'", "''").replace("%", "%%")))
        else:
            written.append("%s")
            left.append(parameter)
        written.append(after)
    return "".join(written), left


def _in_forms(marks: list[Any]) -> set[Any]:
    """Marks, also as SQLite takes an id."""
    return {*marks, *(mark.hex for mark in marks if isinstance(mark, UUID))}


def row_of(model: Any, alias: str, names: list[str], values: Any) -> Any:
    """As `from_db`, without a turn for each column: nobody listens to these models being made."""
    row = model.__new__(model)
    row._state = ModelState()
    row._state.adding, row._state.db = False, alias
    row.__dict__.update(zip(names, values, strict=True))
    return row


def run(database: Any, sql: str, given: Sequence[Any]) -> tuple[int, list[Any]]:
    """How many rows it was about, and those that it gives. PostgreSQL keeps its plan, which takes longer than that."""
    # A statement that is logged is shown with its values; a prepared one does not have them.
    if database.vendor != "postgresql" or database.queries_logged or database.execute_wrappers:
        with database.cursor() as cursor:
            cursor.execute(sql, given)
            return cursor.rowcount, cursor.fetchall() if cursor.description else []
    # Each of these is asked for by itself only where there is something to do: they take as long as a short statement.
    if database.connection is None:
        database.ensure_connection()
    if database.needs_rollback:
        database.validate_no_broken_transaction()
    session = database.connection.__dict__.get("prepared")
    if session is None:
        # Not where another database is used: psycopg takes memory.
        from printers.preparing import session_of

        session = session_of(database.connection)
    with database.wrap_database_errors:
        answer: tuple[int, list[Any]] = session.ask(sql, given)
        return answer


def _place(parameter: Any, marks: list[Any]) -> Any:
    """Which value stands here: its number, or a function of the values where the database takes it in another form."""
    for number, mark in enumerate(marks):
        if parameter == mark:
            return number
        if isinstance(mark, UUID) and parameter == mark.hex:
            return (lambda values, number=number: values[number].hex,)
    return (lambda _values, parameter=parameter: parameter,)
