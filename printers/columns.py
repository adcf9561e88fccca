"""How a column's value is written for the database: found out once for each column, not for each value."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field

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


class Place:
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


def this_database() -> BaseDatabaseWrapper:
    # Asked for once in a statement: whatever is read of `django.db.connection` looks for the thread's own again.
    return connections[DEFAULT_DB_ALIAS]
