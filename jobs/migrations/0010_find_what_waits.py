from django.db import migrations, models
from django.db.models.functions import Lower
from django.db.models.lookups import Exact


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0009_index_less_of_a_job"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="job",
            name="job_in_turn",
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                fields=["printer", "priority", "requested_by", "created_at", "position", "id"],
                name="job_in_turn",
                condition=models.Q(Exact(Lower("state"), "pending")),
            ),
        ),
    ]
