"""The other hub's database, read and never written."""

import json
import math
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any
from uuid import UUID

from printers.instants import DoubtfulInstant, Fold, UnreadableInstant, parse_instant

MAGIC = b"SQLite format 3\0"
NEEDED = frozenset({"alembic_version", "printers", "jobs"})
# What the import reads of each; a generation may lack a table, and has more columns.
COLUMNS = {
    "printers": "id name model connection enabled created_at updated_at",
    "printer_state": "printer_id paused",
    "printer_status_cache": "printer_id raw_block parsed captured_at",
    "templates": "id key name tape_width_mm definition created_at",
    "presets": "id name field_values created_at",
    "api_keys": "id name key_prefix scopes allowed_printer_ids rate_limit_per_minute notes last_used_ip",
    "print_batches": "id printer_id job_ids created_by created_at",
    "jobs": "id printer_id template_key state payload result error created_at updated_at started_at finished_at",
    "printers_audit": "id printer_id slug action before_json after_json updated_by created_at",
}
TABLES = (
    "printers", "printer_state", "printer_status_cache", "templates", "presets", "api_keys", "print_batches", "jobs",
    "printers_audit",
)  # fmt: skip


# Escapes of JSON, and its three words for no number: where else could something unstorable come from?
SUSPECT = re.compile(r"\\u|\\x|\0|NaN|Infinity|[\ud800-\udfff]|\d[eE]\+?\d{3}")


class ImportRefused(Exception):
    """Nothing was imported; the sentence says why."""


@dataclass
class Source:
    """Rows as dictionaries, date-times as instants; what is doubtful about them collects in `doubtful`."""

    database: sqlite3.Connection
    zone: tzinfo
    fold: Fold | None
    doubtful: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def tables(self) -> list[str]:
        found = {row[0] for row in self.database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        return [name for name in TABLES if name in found]

    def rows(self, table: str) -> Iterator[dict[str, Any]]:
        """Every row, in the order in which it was written; none for a table that this generation lacks."""
        if table not in self.tables():
            return
        cursor = self.database.execute(f"SELECT * FROM {table} ORDER BY rowid")  # noqa: S608 - a constant name
        names = [column[0] for column in cursor.description]
        for values in cursor:
            yield dict(zip(names, map(storable, values), strict=True))

    def instant(self, row: dict[str, Any], name: str) -> datetime | None:
        """The instant in a column; None where it is empty. What cannot be read is noted, never guessed."""
        text = row.get(name)
        if text in (None, ""):
            return None
        try:
            return parse_instant(str(text), self.zone, self.fold)
        except DoubtfulInstant as error:
            self.doubtful.append(f"{name} of {row.get('id') or row.get('printer_id')}: {error}")
        except UnreadableInstant as error:
            self.notes.append(f"{name} of {row.get('id') or row.get('printer_id')}: {error}; left empty")
        return None


def open_source(path: Path, zone: tzinfo, fold: Fold | None) -> Source:
    """Raises ImportRefused with one sentence for anything but such a database."""
    try:
        with path.open("rb") as file:
            start = file.read(len(MAGIC))
    except OSError as error:
        raise ImportRefused(f"{path} cannot be read: {error.strerror}.") from error
    if start != MAGIC:
        raise ImportRefused(f"{path} is no SQLite database.")
    database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    database.text_factory = lambda raw: raw.decode("utf-8", "replace")
    try:
        found = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if missing := NEEDED - found:
            raise ImportRefused(
                f"{path} is no Label-Printer-Hub database: it has no table {' and no table '.join(sorted(missing))}."
            )
        for table in sorted(found & COLUMNS.keys()):
            there = {row[1] for row in database.execute(f"PRAGMA table_info({table})")}
            if lost := set(COLUMNS[table].split()) - there:
                raise ImportRefused(
                    f"{path} is no Label-Printer-Hub database that is known here: its table {table} has no "
                    f"{' and no '.join(sorted(lost))}."
                )
        with closing(database.execute("PRAGMA quick_check")) as check:
            if (verdict := check.fetchone()[0]) != "ok":
                raise ImportRefused(f"{path} is damaged: {str(verdict)[:200]}.")
    except sqlite3.DatabaseError as error:
        database.close()
        raise ImportRefused(f"{path} cannot be read as a database: {error}.") from error
    except ImportRefused:
        database.close()
        raise
    return Source(database, zone, fold)


def identity(value: Any) -> UUID | None:
    """An id with or without hyphens, as text or bytes; None for what is no id."""
    try:
        return UUID(bytes=value) if isinstance(value, bytes) else UUID(str(value))
    except (ValueError, TypeError):
        return None


def document(value: Any) -> Any:
    """A JSON column; a text that is no JSON comes back as it is."""
    if not isinstance(value, str | bytes):
        return value
    try:
        found = json.loads(value)
        # Most documents have nothing to replace, and are not walked through.
        return storable(found) if SUSPECT.search(str(value)) else found
    except (ValueError, RecursionError):
        return value if isinstance(value, str) else value.decode("utf-8", "replace")


def storable(value: Any) -> Any:
    """Without what PostgreSQL stores in no text and no JSON: U+0000, halves of surrogate pairs, NaN."""
    match value:
        case str():
            return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
        case float() if not math.isfinite(value):
            return None
        case list():
            return [storable(each) for each in value]
        case dict():
            return {storable(name): storable(each) for name, each in value.items()}
        case _:
            return value


def table_of(value: Any) -> dict[str, Any]:
    found = document(value)
    return found if isinstance(found, dict) else {}
