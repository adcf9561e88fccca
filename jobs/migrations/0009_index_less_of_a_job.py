from django.conf import settings
from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from django.db.models import CASCADE, PROTECT, SET_NULL, ForeignKey, Q



def without_its_index(model: str, name: str, index: str, field: "ForeignKey[object, object]") -> Operation:
    """By its name, which is the same everywhere: to alter the field SQLite would write the whole table anew."""
    column = f"ON jobs_{model} ({name}_id)"
    return migrations.SeparateDatabaseAndState(
        database_operations=[migrations.RunSQL(f"DROP INDEX IF EXISTS {index}", f"CREATE INDEX {index} {column}")],
        state_operations=[migrations.AlterField(model_name=model, name=name, field=field)],
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_know_people_by_their_provider"),
        ("jobs", "0008_list_batches_newest_first"),
        ("printers", "0008_log_by_plain_ids"),
        ("templates_app", "0008_keep_favourites"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # What is nearly always empty is indexed where it is not.
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                fields=["outcome", "-created_at", "-id"], name="job_with_outcome", condition=Q(outcome__isnull=False)
            ),
        ),
        migrations.RemoveIndex(model_name="job", name="job_by_outcome"),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["pool"], name="job_by_pool", condition=Q(pool__isnull=False)),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["reprint_of"], name="job_by_original", condition=Q(reprint_of__isnull=False)),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["user"], name="job_by_user", condition=Q(user__isnull=False)),
        ),
        without_its_index(
            "job",
            "pool",
            "jobs_job_pool_id_2f4581c6",
            ForeignKey("jobs.pool", SET_NULL, null=True, related_name="jobs", db_index=False),
        ),
        without_its_index(
            "job",
            "reprint_of",
            "jobs_job_reprint_of_id_cf7d9e87",
            ForeignKey("jobs.job", SET_NULL, null=True, related_name="reprints", db_index=False),
        ),
        without_its_index(
            "job",
            "user",
            "jobs_job_user_id_093659ab",
            ForeignKey(settings.AUTH_USER_MODEL, SET_NULL, null=True, related_name="+", db_index=False),
        ),
        # Other indexes begin with these.
        without_its_index(
            "job",
            "batch",
            "jobs_job_batch_id_07220695",
            ForeignKey("jobs.batch", PROTECT, null=True, related_name="jobs", db_index=False),
        ),
        without_its_index(
            "job",
            "printer",
            "jobs_job_printer_id_8edf6a30",
            ForeignKey("printers.printer", PROTECT, related_name="jobs", db_index=False),
        ),
        without_its_index(
            "attempt",
            "job",
            "jobs_attempt_job_id_b587cf59",
            ForeignKey("jobs.job", CASCADE, related_name="attempts", db_index=False),
        ),
        # Nothing looks for jobs by these, but when one is deleted.
        without_its_index(
            "job",
            "template_version",
            "jobs_job_template_version_id_802b5eae",
            ForeignKey("templates_app.templateversion", PROTECT, null=True, related_name="jobs", db_index=False),
        ),
        without_its_index(
            "job",
            "api_token",
            "jobs_job_api_token_id_1fa164ef",
            ForeignKey("accounts.apitoken", SET_NULL, null=True, related_name="+", db_index=False),
        ),
    ]
