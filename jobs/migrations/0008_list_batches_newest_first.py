from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0007_pool_printers"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(batch__isnull=False),
                fields=["batch", "-created_at", "-id"],
                name="job_by_batch",
            ),
        ),
    ]
