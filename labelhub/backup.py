"""A copy of an embedded hub: its database, the pictures of its labels, and the key that its tokens rest on."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.conf import settings

from jobs.epoch import mark_backup
from labelhub.data_folder import only_hub, prepare

DATABASE, PICTURES, KEY = "labelhub.sqlite3", "artifacts", "secret_key"


class BackupRefused(Exception):
    """What is wrong, where, and what to do."""


def back_up(folder: Path) -> None:
    """Make the folder, whole or not at all; the hub may go on meanwhile. Raises BackupRefused."""
    source = _database()
    if not source.exists():
        raise BackupRefused(f"There is no database {source}; LABELHUB_DATA_DIR names the folder of the hub.")
    if folder.exists():
        raise BackupRefused(f"{folder} exists already; every backup needs a folder of its own.")
    unfinished = folder.with_name(f"{folder.name}.part")
    with _told(folder):
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700, parents=True)
        # The pictures second: each that the copy of the database names is there.
        with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(unfinished / DATABASE)) as copy:
            live.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            mark_backup(copy)
        data = Path(settings.DATA_DIR)
        if (data / PICTURES).is_dir():
            shutil.copytree(data / PICTURES, unfinished / PICTURES, ignore=shutil.ignore_patterns("*.part"))
        if (data / KEY).is_file():
            shutil.copy2(data / KEY, unfinished / KEY)
        _sync(unfinished / DATABASE)
        unfinished.rename(folder)


def put_back(folder: Path) -> Path | None:
    """Make the backup the hub's database; the one that it had is kept, and its path given. Raises BackupRefused.

    Nothing prints afterwards until `manage.py release_after_restore`. Raises StartRefused while the hub runs.
    """
    source, target = folder / DATABASE, _database()
    _check(source)
    with _told(target), _stopped():
        data = Path(settings.DATA_DIR)
        unfinished = target.with_name(f"{target.name}.part")
        shutil.copy2(source, unfinished)
        _sync(unfinished)
        before = _put_aside(target)
        unfinished.rename(target)
        if (folder / PICTURES).is_dir():
            shutil.copytree(folder / PICTURES, data / PICTURES, dirs_exist_ok=True)
        if (folder / KEY).is_file():
            shutil.copy2(folder / KEY, data / KEY)
    return before


def _database() -> Path:
    if not settings.EMBEDDED_DATABASE:
        raise BackupRefused(
            "This hub is on PostgreSQL, which has programs of its own for it: pg_dump and pg_restore, "
            "as in docs/deployment/backup.sh and restore.sh."
        )
    return Path(settings.DATABASES["default"]["NAME"])


def _check(path: Path) -> None:
    """Missing, empty, torn or something else: refused before anything was touched."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as copy:
            (said,) = copy.execute("PRAGMA quick_check(1)").fetchone()
            found = copy.execute("SELECT count(*) FROM django_migrations").fetchone()
    except sqlite3.Error as error:
        raise BackupRefused(f"{path} is not the backup of a hub: {error}.") from error
    if said != "ok" or not found[0]:
        raise BackupRefused(f"{path} is damaged: {said}. Take another backup.")


def _put_aside(target: Path) -> Path | None:
    if not target.exists():
        return None
    # What stands in the log beside it goes into it first.
    with closing(sqlite3.connect(target)) as live:
        live.execute("PRAGMA journal_mode=DELETE")
    before = target.with_name(f"{target.stem}.before-restore{target.suffix}")
    target.rename(before)
    return before


@contextmanager
def _stopped() -> Iterator[None]:
    prepare(Path(settings.DATA_DIR))
    with only_hub(Path(settings.DATA_DIR)):
        yield


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise BackupRefused(f"{path}: the database cannot be copied: {error}.") from error
    except shutil.Error as error:
        raise BackupRefused(f"{path}: {len(error.args[0])} pictures cannot be copied.") from error
    except OSError as error:
        raise BackupRefused(f"{error.filename or path} cannot be written: {error.strerror or error}.") from error


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
