from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0005_serve_in_turn"),
    ]

    operations = [
        migrations.AddField(
            model_name="printerlease",
            name="open_strip",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
    ]
