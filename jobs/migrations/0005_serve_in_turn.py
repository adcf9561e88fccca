from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0004_keep_tape_of_attempts"),
    ]

    operations = [
        migrations.AddField(
            model_name="printerlease",
            name="served_to",
            field=models.CharField(blank=True, db_default="", default="", max_length=160),
        ),
        migrations.AddField(
            model_name="printerlease",
            name="served",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(state="pending"),
                fields=["printer", "priority", "requested_by", "created_at", "position", "id"],
                name="job_in_turn",
            ),
        ),
        migrations.RemoveIndex(
            model_name="job",
            name="job_waiting",
        ),
    ]
