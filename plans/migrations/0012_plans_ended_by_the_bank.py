from django.db import migrations, models

STATUSES = ["active", "completed", "broken", "replaced", "withdrawn", "ended"]


def take_back(apps, schema_editor):
    """Before, a plan that ended so could only be one that was taken back."""
    ended = apps.get_model("plans", "Agreement").objects.filter(status="ended")
    ended.update(status="withdrawn", sealed_ending="")


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
        migrations.RunPython(migrations.RunPython.noop, take_back),  # last: going back, it is first
    ]  # fmt: skip
