from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("printers", "0003_limit_people_to_printers"),
    ]

    operations = [
        migrations.CreateModel(
            name="Total",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40)),
                ("subject", models.CharField(blank=True, default="", max_length=36)),
                ("label", models.CharField(blank=True, default="", max_length=60)),
                ("value", models.FloatField(default=0)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("name", "subject", "label"), name="total_once")],
            },
        ),
    ]
