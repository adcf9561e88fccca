"""Databases of another hub, damaged on their way."""

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.models import Job
from labelhub.legacy import ImportRefused, import_hub
from labelhub.legacy.source import COLUMNS
from printers.instants import Fold
from tests.fuzz.mutations import SCALARS, VALUES, bounded, fuzz, mutated, or_refused
from tests.labelhub.legacy.test_import import NEW, OLD

pytestmark = pytest.mark.django_db


def imported(path: Path) -> None:
    before = Job.objects.count()
    with bounded(20.0, None), or_refused(ImportRefused):
        import_hub(path, time_zone="Europe/Berlin", fold=Fold.LATER, dry_run=True)
    assert Job.objects.count() == before


@fuzz(6)
@given(data=st.data())
def test_a_damaged_file(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.mktemp("legacy") / "hub.sqlite3"
    path.write_bytes(data.draw(mutated([OLD.read_bytes(), NEW.read_bytes()], most=4)))
    imported(path)


CELLS = st.one_of(SCALARS, st.binary(max_size=40), VALUES.map(lambda value: json.dumps(value, default=str)))
PLACES = [(table, column) for table, columns in COLUMNS.items() for column in columns.split()]


@fuzz(6)
@given(data=st.data())
def test_strange_values(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.mktemp("legacy") / "hub.sqlite3"
    shutil.copy(NEW, path)
    database = sqlite3.connect(path)
    for _ in range(data.draw(st.integers(1, 4))):
        table, column = data.draw(st.sampled_from(PLACES))
        value: Any = data.draw(CELLS)
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            value = str(value)
        if isinstance(value, str):
            value = value.encode("utf-8", "replace").decode()
        try:
            database.execute(
                f"UPDATE {table} SET {column} = ? WHERE rowid % ? = 0",
                (value, data.draw(st.integers(1, 5))),
            )
        except (sqlite3.IntegrityError, sqlite3.OperationalError):
            # Not allowed there, or this generation lacks the table.
            continue
    database.commit()
    database.close()
    imported(path)
