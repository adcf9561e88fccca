from django.conf import settings
from django.db import migrations

from printers.normalise import normalise


def normalise_datetimes(apps, schema_editor):
    normalise(apps, schema_editor.connection, settings.LEGACY_TIME_ZONE)


class Migration(migrations.Migration):
    # Each column commits for itself, so that a kill half way costs one column's work and no more.
    atomic = False

    dependencies = [
        ("accounts", "0001_initial"),
        ("printers", "0002_index_handles"),
        ("templates_app", "0002_let_presets_stand_alone"),
        ("jobs", "0002_mark_the_barrier"),
    ]

    operations = [migrations.RunPython(normalise_datetimes, migrations.RunPython.noop)]
