from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0003_normalise_datetimes"),
    ]

    operations = [
        migrations.AddField(
            model_name="attempt",
            name="tape_mm",
            field=models.FloatField(default=0),
        ),
    ]
