"""Is the database what this version was written for?"""

from functools import lru_cache
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.options import Options

# The names of its applied migrations, in order, by app.
Applied = dict[str, list[str]]

MADE_BY_MIGRATIONS = "which its migrations claim to have made; restore it from a backup."


@lru_cache(maxsize=1)
def _on_disk() -> MigrationLoader:
    # What is installed does not change while a process runs; without a connection the graph is the files' alone.
    return MigrationLoader(None, replace_migrations=False)


@lru_cache(maxsize=1)
def _known() -> frozenset[tuple[str, str]]:
    """What this version has, and what a squashed migration of it stands for."""
    found = _on_disk().disk_migrations
    return frozenset(found) | {replaced for each in found.values() for replaced in each.replaces}


def migration_problem() -> str:
    """Empty at the head of every app; else one sentence with the revision of the database and that of the code."""
    done = _applied()
    return _conflict() or _newer(done) or _out_of_order(done) or _behind(done)


def drift_problem() -> str:
    """Like `migration_problem`, but content with a database that only has to be migrated."""
    done = _applied()
    return _conflict() or _newer(done) or _out_of_order(done)


def running_problem() -> tuple[str, str]:
    """What a process that runs already cannot do without, and else what it may finish its days with.

    A newer release only adds to what the one before it uses, so that the two can serve side by side.
    """
    done = _applied()
    lacks = _conflict() or _out_of_order(done) or _behind(done)
    return (lacks, "") if lacks else ("", _newer(done))


def _applied() -> Applied:
    found: Applied = {}
    for app, name in sorted(MigrationRecorder(connection).applied_migrations()):
        found.setdefault(app, []).append(name)
    return found


def _conflict() -> str:
    conflicts = _on_disk().detect_conflicts()
    if not conflicts:
        return ""
    return f"The migrations of {', '.join(sorted(conflicts))} have more than one head; install this version again."


def _newer(done: Applied) -> str:
    heads = _heads()
    for app, applied in done.items():
        if unknown := [name for name in applied if (app, name) not in _known()]:
            return (
                f"The database is newer than this version: {app} is at {unknown[-1]} there and at "
                f"{heads.get(app, 'no migration')} here; "
                "install the newer version, or restore the backup made before the upgrade."
            )
    return ""


def _out_of_order(done: Applied) -> str:
    for app, head in sorted(_heads().items()):
        applied, wanted = done.get(app, []), _wanted(app, head)
        missing = [name for name in wanted if name not in applied]
        if applied and missing and missing != wanted[-len(missing) :]:
            return (
                f"The database was migrated out of order: {app} is at {applied[-1]} there and at {head} here, "
                f"but lacks {missing[0]}; restore it from a backup."
            )
    return ""


def _behind(done: Applied) -> str:
    for app, head in sorted(_heads().items()):
        applied = done.get(app, [])
        if set(_wanted(app, head)) - set(applied):
            return (
                f"The database is older than this version: {app} is at {applied[-1] if applied else 'no migration'} "
                f"there and at {head} here; run “manage.py bring_up”."
            )
    return ""


def _heads() -> dict[str, str]:
    return dict(_on_disk().graph.leaf_nodes())


def _wanted(app: str, head: str) -> list[str]:
    return [name for label, name in _on_disk().graph.forwards_plan((app, head)) if label == app]


def table_problem() -> str:
    """Empty when every model's columns, constraints and indexes exist: finds a migration that stopped half way."""
    heads = _heads()
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        for model in apps.get_models():
            options = model._meta
            if not options.managed or options.proxy:
                continue
            head = heads.get(options.app_label, "no migration")
            where = f"{options.app_label} is at {head} in the database and at {head} here, but"
            if options.db_table not in tables:
                return f"{where} there is no table {options.db_table}, {MADE_BY_MIGRATIONS}"
            there = {each.name for each in connection.introspection.get_table_description(cursor, options.db_table)}
            if missing := {str(each.column) for each in options.local_concrete_fields} - there:
                return f"{where} the table {options.db_table} lacks {', '.join(sorted(missing))}, {MADE_BY_MIGRATIONS}"
            if wanted := _named(options):
                found = connection.introspection.get_constraints(cursor, options.db_table)
                if missing := wanted - found.keys():
                    names = ", ".join(sorted(missing))
                    return f"{where} the table {options.db_table} lacks {names}, {MADE_BY_MIGRATIONS}"
    return ""


def _named(options: "Options[Any]") -> set[str]:
    """The constraints and indexes that a model declares by name: what is unique rests on them."""
    return {each.name for each in (*options.constraints, *options.indexes)}
