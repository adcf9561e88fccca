import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0005_serve_in_turn"),
    ]

    operations = [
        migrations.CreateModel(
            name="Epoch",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ("lineage", models.UUIDField(default=uuid.uuid4)),
                ("number", models.BigIntegerField(default=0)),
                ("held_since", models.DateTimeField(null=True)),
            ],
        ),
    ]
