from django.db import migrations, models


class Migration(migrations.Migration):
    """Which cardholders a member of staff is: nobody decides on their own case."""

    dependencies = [("accounts", "0012_last_day_of_a_hold")]

    operations = [
        migrations.AddField(
            "user", "own_cardholders",
            models.ManyToManyField(
                blank=True, help_text="Staff only: themselves in the books.", related_name="+",
                to="accounts.cardholder",
            ),
        ),
    ]  # fmt: skip
