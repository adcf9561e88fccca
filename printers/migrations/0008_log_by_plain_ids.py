import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

CONSTRAINT = "printers_event_printer_id_325375d2_fk_printers_printer_id"


def drop_constraint(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """SQLite keeps it: it would write the whole log anew, for a look that costs it next to nothing."""
    if editor.connection.vendor == "postgresql":
        editor.execute(f"ALTER TABLE printers_event DROP CONSTRAINT IF EXISTS {CONSTRAINT}")


class Migration(migrations.Migration):
    dependencies = [
        ("printers", "0007_retry_where_it_did"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunPython(drop_constraint, migrations.RunPython.noop),
                # `event_of_printer` begins with the same column.
                migrations.RunSQL(
                    "DROP INDEX IF EXISTS printers_event_printer_id_325375d2",
                    "CREATE INDEX printers_event_printer_id_325375d2 ON printers_event (printer_id)",
                ),
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="event",
                    name="printer",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="events",
                        to="printers.printer",
                    ),
                )
            ],
        ),
    ]
