"""Whether this is the database that printed last, or a copy from earlier that was put back.

The database counts on every few seconds (jobs/heartbeats.py), and whoever works keeps the count in its data folder. A
database that is behind its folder was restored: labels in it may have come out since. Then nothing prints until
somebody releases it. A folder that is behind is none: other processes went on.
"""

import logging
import os
import sqlite3
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from jobs.models import Epoch, Job
from jobs.queue import hold_all, release_all
from printers.models import record
from printers.prepared import Prepared

log = logging.getLogger(__name__)

FILE = "epoch"
# Past whatever the folders of other processes may have seen of the database that is gone.
LEAP = 1_000_000
SENTENCE = (
    "The database was restored from a backup: nothing is printed until somebody has looked at the queue and runs "
    "“manage.py release_after_restore”."
)


@dataclass(frozen=True, slots=True)
class Mark:
    lineage: UUID | None
    number: int


# What cannot be read may have been anything.
DAMAGED = Mark(None, 0)


def held_since() -> datetime | None:
    """Since when nothing prints, because the database was restored."""
    return next((row.held_since for row in EPOCH()), None)


EPOCH = Prepared(lambda: Epoch.objects.order_by())


def keep_count(*, restored: bool = False) -> bool:
    """Compare with the data folder, count on, and keep the new count there. True when a restore was noticed.

    `restored`: somebody says that it was, whatever the folder knows.
    """
    # Before the database is read: whatever stands there was committed by then.
    kept = _kept()
    with transaction.atomic():
        Epoch.objects.get_or_create(pk=1)
        row = Epoch.objects.select_for_update().get(pk=1)
        noticed = restored or (_is_behind(row, kept) and Job.objects.exists())
        row.number = abs(row.number)
        row.number = max(row.number, kept.number if kept else 0) + LEAP if noticed else row.number + 1
        if noticed:
            row.held_since = timezone.now()
            held = hold_all()
            record("hub.restored", actor="hub", data={"held": held})
        row.save(update_fields=["lineage", "number", "held_since"])
    if noticed:
        log.warning("%s %s jobs are held.", SENTENCE, held)
    _keep(Mark(row.lineage, row.number))
    return noticed


def release(actor: str, *, keep_held: bool = False) -> int:
    """Let printing go on; how many held jobs go with it. `keep_held`: each of them stays until a person releases it."""
    with transaction.atomic():
        Epoch.objects.filter(pk=1).update(held_since=None)
        released = 0 if keep_held else release_all(actor)
        record("hub.released", actor=actor, data={"released": released})
    return released


def _is_behind(row: Epoch, kept: Mark | None) -> bool:
    if kept is None:
        return row.number < 0
    return row.number < 0 or kept.lineage != row.lineage or row.number < kept.number


def mark_backup(database: sqlite3.Connection) -> None:
    """In the copy that a backup is: wherever it is put back, it is known as one."""
    with database:
        database.execute("UPDATE jobs_epoch SET number = -1 - abs(number)")


def _path() -> Path:
    return Path(settings.DATA_DIR) / FILE


def _kept() -> Mark | None:
    """None in a folder that has none yet."""
    try:
        lineage, number = _path().read_text(encoding="ascii").split()
        return Mark(UUID(lineage), int(number))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        log.warning("%s cannot be read (%s): the database counts as restored.", _path(), error)
        return DAMAGED


def _keep(mark: Mark) -> None:
    """Whole or not at all. A folder that cannot be written is no reason not to print."""
    path = _path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, unfinished = tempfile.mkstemp(prefix=f"{FILE}-", dir=path.parent)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(f"{mark.lineage} {mark.number}\n")
                file.flush()
                os.fsync(file.fileno())
            Path(unfinished).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(unfinished).unlink()
            raise
    except OSError as error:
        log.warning("%s cannot be written: %s. A restore would not be noticed here.", path, error.strerror or error)
