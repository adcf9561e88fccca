"""Old workers go on with the new schema: what a release adds, the one before it need not know."""

import pytest
from django.db.migrations import AddField, AlterField, DeleteModel, RemoveField, RenameField, RenameModel
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.models import NOT_PROVIDED, ManyToManyField

# The heads of 0.1.0, the first release; move them to those of each release when it is made.
RELEASED = {"accounts": "0003", "jobs": "0004", "printers": "0004", "templates_app": "0005", "webhooks": "0001"}
TAKES_AWAY = (DeleteModel, RemoveField, RenameField, RenameModel)


def newer() -> list[tuple[str, Operation]]:
    disk = MigrationLoader(None, replace_migrations=False).disk_migrations
    return [
        (f"{app} {name}", operation)
        for (app, name), migration in sorted(disk.items())
        if app in RELEASED and name[:4] > RELEASED[app]
        for operation in migration.operations
    ]


def why_not_additive(operation: Operation) -> str:
    if isinstance(operation, TAKES_AWAY):
        return "takes away what the version before it reads"
    if isinstance(operation, AlterField) and not operation.field.null and operation.field.db_default is NOT_PROVIDED:
        return "may refuse what the version before it writes: give the column a db_default"
    if isinstance(operation, AddField) and not isinstance(operation.field, ManyToManyField):
        field = operation.field
        if not field.null and field.db_default is NOT_PROVIDED and not getattr(field, "generated", False):
            return "is a column that the version before it does not fill: give it a db_default"
    return ""


@pytest.mark.fault(27)
def test_every_migration_since_the_release_only_adds() -> None:
    found = newer()
    assert found
    wrong = {f"{where}: {operation.describe()}": why_not_additive(operation) for where, operation in found}
    assert {where: why for where, why in wrong.items() if why} == {}
