from django.db import migrations, models

STATUSES = ["active", "completed", "broken", "replaced", "withdrawn", "ended"]


class Migration(migrations.Migration):
    """The staff can end a plan that no rule ends, and say why."""

    dependencies = [("plans", "0011_why_a_person_decides")]

    operations = [
        migrations.AddField(
            "agreement", "sealed_ending", models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
        migrations.AlterField(
            "agreement", "status",
            models.CharField(
                choices=[
                    ("active", "Active"), ("completed", "Completed"), ("broken", "Ended early"),
                    ("replaced", "Replaced"), ("withdrawn", "Taken back"),
                    ("ended", "Ended by the bank"),
                ],
                default="active", max_length=12,
            ),
        ),
        migrations.RemoveConstraint("agreement", "plans_agreement_status_known"),
        migrations.AddConstraint(
            "agreement",
            models.CheckConstraint(
                condition=models.Q(("status__in", STATUSES)), name="plans_agreement_status_known"
            ),
        ),
        migrations.AddConstraint(
            "agreement",
            models.CheckConstraint(
                condition=models.Q(("sealed_ending", ""), ("status", "ended"), _connector="OR"),
                name="plans_agreement_ending_of_ended",
            ),
        ),
    ]  # fmt: skip
