"""Older rows may hold date-times in any shape; after this every one is an instant that sorts and filters right.

SQLite keeps date-times as text and Django compares them as text, so `…T10:00:00Z` and `… 12:00:00+02:00` sort wrongly;
PostgreSQL may hold `timestamp without time zone`. Works on the tables as they are, in chunks, with plain SQL.
"""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import tzinfo
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.apps.registry import Apps
from django.db import models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from printers.instants import DoubtfulInstant, Fold, UnreadableInstant, parse_instant, rfc3339

log = logging.getLogger(__name__)

OWN_APPS = ("accounts", "printers", "templates_app", "jobs")
MARKS = "labelhub_normalised"
CHUNK = 2000
MOST_LISTED = 50
# What people typed stays as they typed it, even if it looks like a time.
PEOPLES_OWN_WORDS = frozenset({("job", "fields"), ("preset", "values"), ("templateversion", "definition")})
TIME_KEYS = frozenset({"at", "timestamp", "time", "created", "updated"})


class InstantsInDoubt(Exception):
    """Local times that happened twice or never; nothing was changed."""


@dataclass
class Listed:
    """The first of many, and how many: a table full of doubtful values must not fill the memory as well."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, line: str) -> None:
        self.count += 1
        if len(self.first) < MOST_LISTED:
            self.first.append(line)


@dataclass
class Normalised:
    """Counts over every column, and the doubtful values as `table.column key: sentence`."""

    read: int = 0
    changed: int = 0
    nulls_before: int = 0
    nulls_after: int = 0
    doubtful: Listed = field(default_factory=Listed)
    unreadable: Listed = field(default_factory=Listed)


def normalise(
    apps: Apps, connection: BaseDatabaseWrapper, zone_name: str, fold: Fold | None = None, *, dry_run: bool = False
) -> Normalised:
    """Bring every date-time of the hub's own tables into one form.

    Each column is done in one transaction together with the mark that says so, so it can be killed and run again.
    Raises InstantsInDoubt, with nothing changed, when a naive value is ambiguous in the zone and `fold` is None, or
    when a value cannot be read at all (it would read back as NULL).
    """
    zone, total = ZoneInfo(zone_name), Normalised()
    columns = [column for column in _columns(apps, connection) if column.name not in _marks(connection)]
    for column in columns:
        for _ in column.changes(zone, fold, total):
            pass
    if total.doubtful.count or total.unreadable.count:
        raise InstantsInDoubt(_sentence(total, zone_name))
    if dry_run:
        return total
    for column in columns:
        with transaction.atomic(using=connection.alias):
            before = column.count_nulls()
            column.widen(zone, zone_name, fold)
            column.write(zone, fold)
            after = column.count_nulls()
            if before != after:
                raise InstantsInDoubt(
                    f"{column.name}: {before} values were NULL before, {after} after; nothing was kept."
                )
            _mark(connection, column.name)
        total.nulls_before += before
        total.nulls_after += after
    if total.read:
        log.info(
            "date-times: %d read, %d changed, %d NULL before and %d after",
            total.read, total.changed, total.nulls_before, total.nulls_after,
        )  # fmt: skip
    return total


def _sentence(total: Normalised, zone_name: str) -> str:
    count = total.doubtful.count + total.unreadable.count
    shown = [*total.doubtful.first, *total.unreadable.first][:MOST_LISTED]
    listed = "\n".join(f"  {line}" for line in shown)
    more = f"\n  … and {count - len(shown)} more" if count > len(shown) else ""
    how = (
        f" Local times are taken in {zone_name}; say which of the two is meant with"
        " `manage.py normalise_datetimes --fold earlier` or `--fold later`."
        if total.doubtful.count
        else ""
    )
    return f"{count} date-times cannot be taken as they are, so nothing was changed.{how}\n{listed}{more}"


@dataclass
class _Column:
    connection: BaseDatabaseWrapper
    table: str
    key: str
    column: str
    is_json: bool
    kind: str

    @property
    def name(self) -> str:
        return f"{self.table}.{self.column}"

    def quoted(self) -> tuple[str, str, str]:
        quote = self.connection.ops.quote_name
        return quote(self.table), quote(self.key), quote(self.column)

    def count_nulls(self) -> int:
        table, _, column = self.quoted()
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {table} WHERE {column} IS NULL")  # noqa: S608
            return int(cursor.fetchone()[0])

    def rows(self) -> Iterator[tuple[Any, str]]:
        """(key, text) of every value, in key order, a chunk at a time."""
        table, key, column = self.quoted()
        last: Any = None
        while True:
            where, params = ("", []) if last is None else (f"AND {key} > %s", [last])
            with self.connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT {key}, CAST({column} AS text) FROM {table} "  # noqa: S608
                    f"WHERE {column} IS NOT NULL {where} ORDER BY {key} LIMIT {CHUNK}",
                    params,
                )
                chunk = cursor.fetchall()
            if not chunk:
                return
            yield from chunk
            last = chunk[-1][0]

    def changes(self, zone: tzinfo, fold: Fold | None, total: Normalised) -> Iterator[tuple[str, Any]]:
        """(new text, key) of every value that has to change; what cannot be read is noted in `total`."""
        for key, text in self.rows():
            total.read += 1
            try:
                new = self._json(text, zone, fold) if self.is_json else self._instant(text, zone, fold)
            except DoubtfulInstant as error:
                total.doubtful.add(f"{self.name} {key}: {error}")
            except UnreadableInstant as error:
                total.unreadable.add(f"{self.name} {key}: {error}")
            else:
                if new != text:
                    total.changed += 1
                    yield new, key

    def write(self, zone: tzinfo, fold: Fold | None) -> None:
        if self.kind == "timestamp with time zone":
            return
        table, key, column = self.quoted()
        value = "CAST(%s AS jsonb)" if self.kind == "jsonb" else "%s"
        changes = self.changes(zone, fold, Normalised())
        while chunk := list(islice(changes, CHUNK)):
            with self.connection.cursor() as cursor:
                cursor.executemany(f"UPDATE {table} SET {column} = {value} WHERE {key} = %s", chunk)  # noqa: S608

    def widen(self, zone: tzinfo, zone_name: str, fold: Fold | None) -> None:
        """PostgreSQL only: a column without a time zone gets one, its values read in the stated zone."""
        if self.kind != "timestamp without time zone":
            return
        table, key, column = self.quoted()
        # PostgreSQL has its own idea of a local time that the zone has twice or never: those get the stated one.
        chosen = [(parse_instant(text, zone, fold), row) for row, text in self.rows() if _is_doubtful(text, zone)]
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"ALTER TABLE {table} ALTER COLUMN {column} TYPE timestamptz USING {column} AT TIME ZONE %s",
                [zone_name],
            )
            if chosen:
                cursor.executemany(f"UPDATE {table} SET {column} = %s WHERE {key} = %s", chosen)  # noqa: S608
        self.kind = "timestamp with time zone"

    def _instant(self, text: str, zone: tzinfo, fold: Fold | None) -> str:
        if self.kind == "timestamp with time zone":
            return text
        instant = parse_instant(text, zone, fold)
        if self.kind == "timestamp without time zone":
            return text
        return str(instant.replace(tzinfo=None))

    def _json(self, text: str, zone: tzinfo, fold: Fold | None) -> str:
        try:
            document = json.loads(text)
        except ValueError:
            return text
        new = _walk(document, zone, fold)
        return text if new == document else json.dumps(new)


def _is_doubtful(text: str, zone: tzinfo) -> bool:
    try:
        parse_instant(text, zone)
    except DoubtfulInstant:
        return True
    return False


def _walk(value: Any, zone: tzinfo, fold: Fold | None, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _walk(each, zone, fold, name) for name, each in value.items()}
    if isinstance(value, list):
        return [_walk(each, zone, fold, key) for each in value]
    if isinstance(value, str) and (key.endswith("_at") or key in TIME_KEYS):
        try:
            return rfc3339(parse_instant(value, zone, fold))
        except UnreadableInstant:
            return value
    return value


def _columns(apps: Apps, connection: BaseDatabaseWrapper) -> Iterator[_Column]:
    existing = set(connection.introspection.table_names())
    for label in OWN_APPS:
        for model in apps.get_app_config(label).get_models():
            if model._meta.proxy or model._meta.db_table not in existing:
                continue
            kinds = _kinds(connection, model._meta.db_table)
            for each in model._meta.local_concrete_fields:
                is_json = isinstance(each, models.JSONField)
                if not (is_json or isinstance(each, models.DateTimeField)) or each.column not in kinds:
                    continue
                if (str(model._meta.model_name), each.name) in PEOPLES_OWN_WORDS:
                    continue
                key = next(field.column for field in model._meta.local_concrete_fields if field.primary_key)
                yield _Column(connection, model._meta.db_table, str(key), each.column, is_json, kinds[each.column])


def _kinds(connection: BaseDatabaseWrapper, table: str) -> dict[str, str]:
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            return {info.name: "text" for info in connection.introspection.get_table_description(cursor, table)}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = current_schema() AND table_name = %s",
            [table],
        )
        return dict(cursor.fetchall())


def _marks(connection: BaseDatabaseWrapper) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {MARKS} (name varchar(200) PRIMARY KEY)")
        cursor.execute(f"SELECT name FROM {MARKS}")  # noqa: S608
        return {row[0] for row in cursor.fetchall()}


def _mark(connection: BaseDatabaseWrapper, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {MARKS} (name) VALUES (%s)", [name])  # noqa: S608
