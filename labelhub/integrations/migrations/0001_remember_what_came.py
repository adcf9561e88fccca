import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Received",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=50)),
                ("message_id", models.CharField(max_length=120)),
                ("body_sha256", models.CharField(max_length=64)),
                ("answer", models.JSONField()),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "indexes": [models.Index(fields=["received_at"], name="webhook_received_at")],
                "constraints": [
                    models.UniqueConstraint(fields=("source", "message_id"), name="webhook_received_once")
                ],
            },
        ),
    ]
