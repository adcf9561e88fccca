from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def name_what_it_did(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Until now a printer with `stop-printer` went on by itself: this is what `retry-current-job` does."""
    apps.get_model("printers", "Printer").objects.filter(error_policy="stop-printer").update(
        error_policy="retry-current-job"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("printers", "0006_retry_by_default"),
    ]

    operations = [
        migrations.RunPython(name_what_it_did, migrations.RunPython.noop),
    ]
