"""What happens before a hub serves, in an order that is checked: every step may run again, and in several processes."""

import ctypes
import gc
import json
import logging
import os
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from fcntl import LOCK_EX, flock
from resource import RLIM_INFINITY, RLIMIT_NOFILE, getrlimit, setrlimit

from django.apps import apps
from django.conf import settings
from django.core.checks import ERROR, run_checks
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.exceptions import InconsistentMigrationHistory
from django.db.migrations.executor import MigrationExecutor

from health.schema import drift_problem, migration_problem, table_problem
from jobs.epoch import keep_count
from labelhub import extras
from labelhub.checks import TAG
from labelhub.refusals import StartRefused
from labelhub.seed import Seeded, seed_admin
from printers.configuration import load_configuration
from printers.errors import HubError
from printers.normalise import InstantsInDoubt
from templates_app.registration import load_builtin, register

log = logging.getLogger(__name__)

# Any constant of our own: it names the lock under which one process at a time migrates (PostgreSQL).
MIGRATION_LOCK = 0x1ABE1B0A
# New objects; Python's own 700 is less than one request makes.
COLLECT_AFTER = 10_000
OPEN_FILES = 8192
# <malloc.h> of glibc. A heap for each of a worker's threads would keep, in pieces, the most that it ever needed.
M_ARENA_MAX, ARENAS = -8, 2


@dataclass
class BroughtUp:
    """What a run of the steps did, for whoever reports it."""

    steps: list[str] = field(default_factory=list)
    restored: bool = False
    admin: Seeded | None = None
    templates: int = 0


@dataclass(frozen=True)
class Step:
    run: Callable[[BroughtUp], None]
    after: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.run.__name__


def migrate(_: BroughtUp) -> None:
    try:
        with _one_at_a_time():
            # A database that this version does not know is left as it is.
            if problem := drift_problem():
                raise StartRefused(problem)
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                call_command("migrate", interactive=False, verbosity=0)
    except InstantsInDoubt as error:
        raise StartRefused(str(error)) from error
    except (DatabaseError, InconsistentMigrationHistory) as error:
        raise StartRefused(_why_not_migrated(error)) from error


def _why_not_migrated(error: Exception) -> str:
    said = " ".join(str(error).split()).rstrip(".")
    try:
        where = migration_problem().partition(";")[0]
    except DatabaseError:
        return f"{_the_database()} cannot be read: {said}."
    return (
        f"The migration stopped: {said}. {where or 'The database is at the head'}; put that right and run "
        "“manage.py bring_up” again, or restore a backup."
    )


def _the_database() -> str:
    return f"The database {settings.DATABASES['default']['NAME']}" if settings.EMBEDDED_DATABASE else "The database"


def verify(_: BroughtUp) -> None:
    verify_schema()


def look_for_restore(done: BroughtUp) -> None:
    """A database that was put back from a backup prints nothing until somebody has looked at its queue."""
    done.restored = keep_count(restored=done.restored)


def load_builtin_templates(done: BroughtUp) -> None:
    try:
        done.templates = load_builtin()
    except HubError as error:
        raise StartRefused(error.detail) from error


def seed_the_admin(done: BroughtUp) -> None:
    done.admin = seed_admin()


def register_configured_templates(_: BroughtUp) -> None:
    """A file that cannot be registered is named in the log; the hub works with the version that it has."""
    for path in load_configuration().templates:
        try:
            text = path.read_text(encoding="utf-8")
            document = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
            register([document], by="configuration", origin=path.name)
        except HubError as error:
            log.error("configuration: %s is not registered: %s", path, error.detail)
        except (OSError, ValueError, RecursionError) as error:
            log.error("configuration: %s is not registered, it cannot be read: %s", path, error)


def reconcile_printers(_: BroughtUp) -> None:
    apps.get_app_config("printers").on_server_start()  # type: ignore[attr-defined]


STEPS = (
    Step(migrate),
    Step(verify, after=("migrate",)),
    Step(look_for_restore, after=("verify",)),
    Step(load_builtin_templates, after=("verify",)),
    Step(seed_the_admin, after=("verify",)),
    # The built-in ones first: a configured template may replace one of them.
    Step(register_configured_templates, after=("load_builtin_templates",)),
    # Last: from its row on, a printer may be printed on.
    Step(reconcile_printers, after=("register_configured_templates", "seed_the_admin")),
)


def bring_up(steps: tuple[Step, ...] = STEPS, *, restored: bool = False) -> BroughtUp:
    """Make the database ready to serve. Raises StartRefused with a sentence; running it again changes nothing.

    `restored`: it comes from a backup, whether or not that can be seen.
    """
    refuse_unusable_settings()
    done = BroughtUp(restored=restored)
    for step in steps:
        if missing := set(step.after) - set(done.steps):
            raise RuntimeError(f"“{step.name}” has to come after {', '.join(sorted(missing))}")
        step.run(done)
        done.steps.append(step.name)
    return done


def prepare_server() -> None:
    """What web and worker do before they serve a database that `bring_up` has made ready."""
    refuse_unusable_settings()
    extras.start()
    verify_schema()
    keep_count()
    reconcile_printers(BroughtUp())


def prepare_or_exit() -> None:
    try:
        prepare_server()
    except StartRefused as refusal:
        sys.exit(refusal.report())
    finally:
        # The thread that starts the others would keep it for ever.
        connection.close()


def settle() -> None:
    """Once everything is loaded: the garbage collector need not look through it again, a tenth of a request's time.

    Two thousand event streams are more open files than most systems allow a process that does not ask.
    """
    soft, hard = getrlimit(RLIMIT_NOFILE)
    most = OPEN_FILES if hard == RLIM_INFINITY else min(OPEN_FILES, hard)
    if 0 <= soft < most:
        setrlimit(RLIMIT_NOFILE, (most, hard))
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)
    with suppress(AttributeError):
        # Other C libraries have no such option.
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)


def verify_schema() -> None:
    """Raises StartRefused unless the database is at the head of every app's migrations and has what they make."""
    try:
        problem = migration_problem() or table_problem()
    except DatabaseError as error:
        raise StartRefused(f"{_the_database()} cannot be read: {str(error).strip()}.") from error
    if problem:
        raise StartRefused(problem)


def refuse_unusable_settings() -> None:
    """Raises StartRefused where nothing can be served with them; what else the system checks find goes to the log."""
    found = run_checks(tags=[TAG])
    if fatal := [message for message in found if message.level >= ERROR]:
        raise StartRefused(" ".join(f"{message.msg} {message.hint}" for message in fatal))
    for message in found:
        log.log(message.level, "%s %s (%s)", message.msg, message.hint, message.id)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
            try:
                yield
            finally:
                # A session that broke has let go of it by itself.
                with suppress(DatabaseError):
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])
        return
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    # SQLite commits each migration on its own: another process would meet the schema between two of them.
    descriptor = os.open(settings.DATA_DIR / "migrate.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        flock(descriptor, LOCK_EX)
        yield
    finally:
        os.close(descriptor)
