from django.db import migrations, models


class Migration(migrations.Migration):
    """A plan is left to a person for more than one reason now; no column changes."""

    dependencies = [("plans", "0010_plans_left_to_the_staff")]

    operations = [
        migrations.AlterField(
            "agreement", "by_hand_since",
            models.DateTimeField(
                null=True, help_text="No rule decides what follows, a person does: since when."
            ),
        ),
    ]  # fmt: skip
