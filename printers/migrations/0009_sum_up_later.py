from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("printers", "0008_log_by_plain_ids"),
    ]

    operations = [
        migrations.CreateModel(
            name="Increment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amounts", models.TextField()),
            ],
        ),
    ]
