from django.db import migrations, models
from django.utils.timezone import now


def mark(apps, schema_editor):
    """What the watch would see by tomorrow: the list is whole from the first moment."""
    gone = models.Q(closed_by_feed=True) | models.Q(status="written_off")
    accounts = apps.get_model("accounts", "CardAccount").objects.filter(gone)
    running = apps.get_model("plans", "Agreement").objects.filter(
        status="active", by_hand_since=None, account__in=accounts
    )
    running.update(by_hand_since=now())


class Migration(migrations.Migration):
    """The list of what no rule decides is read from the agreements alone, by one index."""

    dependencies = [
        ("accounts", "0011_accounts_the_bank_closed"),
        ("plans", "0009_why_sent_back_and_who_ended"),
    ]

    operations = [
        migrations.AddField(
            "agreement", "by_hand_since",
            models.DateTimeField(
                null=True,
                help_text="The bank closed its books on the account: when that was seen.",
            ),
        ),
        migrations.RemoveIndex("agreement", "plans_agreement_taken_back"),
        migrations.AddIndex(
            "agreement",
            models.Index(
                fields=["id"],
                condition=models.Q(("by_hand_since__isnull", False), ("status", "active"))
                | models.Q(("taken_back_at__isnull", False)),
                name="plans_agreement_to_look_at",
            ),
        ),
        migrations.RunPython(mark, migrations.RunPython.noop, elidable=True),
    ]  # fmt: skip
