from django.db import migrations, models
from django.db.models import JSONField, Value


class Migration(migrations.Migration):
    dependencies = [
        ("printers", "0004_keep_totals"),
    ]

    operations = [
        migrations.AddField(
            model_name="printer",
            name="calibration",
            field=models.JSONField(blank=True, db_default=Value({}, output_field=JSONField()), default=dict),
        ),
    ]
