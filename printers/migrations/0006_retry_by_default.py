from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("printers", "0005_keep_calibration"),
    ]

    operations = [
        # Django's own default is not the column's: the table stays as it is.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="printer",
                    name="error_policy",
                    field=models.CharField(
                        choices=[
                            ("retry-current-job", "Retry Current Job"),
                            ("stop-printer", "Stop Printer"),
                            ("abort-job", "Abort Job"),
                        ],
                        default="retry-current-job",
                        max_length=24,
                    ),
                )
            ]
        ),
    ]
