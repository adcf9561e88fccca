import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import jobs.models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0006_know_a_restore"),
        ("jobs", "0006_remember_open_strips"),
        ("printers", "0005_keep_calibration"),
    ]

    operations = [
        migrations.CreateModel(
            name="Pool",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=jobs.models.time_ordered_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.SlugField(max_length=100)),
                ("medium", models.CharField(blank=True, default="", max_length=40)),
                ("tape_color", models.CharField(blank=True, default="", max_length=32)),
                ("text_color", models.CharField(blank=True, default="", max_length=32)),
                ("every_printer", models.BooleanField(default=True)),
                ("family", models.CharField(blank=True, default="", max_length=16)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="pools", to="printers.site"
                    ),
                ),
            ],
            options={"ordering": ("site__key", "name")},
        ),
        migrations.CreateModel(
            name="PoolMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "pool",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="members", to="jobs.pool"
                    ),
                ),
                (
                    "printer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pool_memberships",
                        to="printers.printer",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="pool",
            name="printers",
            field=models.ManyToManyField(
                blank=True, related_name="pools", through="jobs.PoolMember", to="printers.printer"
            ),
        ),
        migrations.AddConstraint(
            model_name="pool",
            constraint=models.UniqueConstraint(fields=("site", "name"), name="pool_name_unique_per_site"),
        ),
        migrations.AddConstraint(
            model_name="poolmember",
            constraint=models.UniqueConstraint(fields=("pool", "printer"), name="pool_member_once"),
        ),
        migrations.AddField(
            model_name="job",
            name="pool",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="jobs", to="jobs.pool"
            ),
        ),
        migrations.AddField(
            model_name="job",
            name="placement",
            field=models.CharField(blank=True, db_default="", default="", max_length=300),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(pool__isnull=False, state__in=["pending", "pending-held"]),
                fields=["printer", "pool"],
                name="job_of_pool",
            ),
        ),
    ]
