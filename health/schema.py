"""Is the database what this version was written for?"""

from functools import lru_cache
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.options import Options

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
    return drift_problem() or _behind_problem()


def drift_problem() -> str:
    """Like `migration_problem`, but content with a database that only has to be migrated."""
    loader = _on_disk()
    if conflicts := loader.detect_conflicts():
        return f"The migrations of {', '.join(sorted(conflicts))} have more than one head; install this version again."
    done = _applied()
    heads = _heads()
    for app in sorted({label for label, _ in done}):
        applied = sorted(name for label, name in done if label == app)
        head = heads.get(app, "no migration")
        if unknown := [name for name in applied if (app, name) not in _known()]:
            return (
                f"The database is newer than this version: {app} is at {unknown[-1]} there and at {head} here; "
                "install the newer version, or restore the backup made before the upgrade."
            )
        wanted = _wanted(app, heads[app])
        missing = [name for name in wanted if name not in applied]
        if missing and missing != wanted[-len(missing) :]:
            return (
                f"The database was migrated out of order: {app} is at {applied[-1]} there and at {head} here, "
                f"but lacks {missing[0]}; restore it from a backup."
            )
    return ""


def _behind_problem() -> str:
    done = _applied()
    for app, head in sorted(_heads().items()):
        applied = sorted(name for label, name in done if label == app)
        if set(_wanted(app, head)) - set(applied):
            return (
                f"The database is older than this version: {app} is at {applied[-1] if applied else 'no migration'} "
                f"there and at {head} here; run “manage.py bring_up”."
            )
    return ""


def _applied() -> set[tuple[str, str]]:
    return set(MigrationRecorder(connection).applied_migrations())


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
