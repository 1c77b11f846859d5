from datetime import date

from django.db import migrations, models


def placed_for_a_time(apps):
    """Yield what the staff placed, with the parts of its source: <room>:<number>:<reason>:…"""
    holds = apps.get_model("accounts", "Hold").objects.filter(source__startswith="plans.staff:")
    for hold in holds.order_by("pk").iterator():
        yield hold, hold.source.split(":")


def read(apps, schema_editor):
    """Write the day that lay in the source into its column. The source stays as the bank knows it:
    `collection.resume` names the one of `collection.hold`.
    """
    for hold, parts in placed_for_a_time(apps):
        if len(parts) == 5 and parts[3] != "open":
            day = date.fromisoformat(parts[3])
            type(hold).objects.filter(pk=hold.pk).update(until_on=day)


def write(apps, schema_editor):
    """The way back: the older code reads the day in the source, or that there is none."""
    for hold, parts in placed_for_a_time(apps):
        if len(parts) == 4:
            parts.insert(3, hold.until_on.isoformat() if hold.until_on else "open")
            type(hold).objects.filter(pk=hold.pk).update(source=":".join(parts))


class Migration(migrations.Migration):
    """The last day of a hold that the staff placed for a time lay in its source."""

    dependencies = [("accounts", "0011_accounts_the_bank_closed")]

    operations = [
        migrations.AddField(
            "hold", "until_on",
            models.DateField(
                help_text="Its last day, where it was placed for a time: lifted after it.",
                null=True,
            ),
        ),
        migrations.AlterField(
            "hold", "until_at",
            models.DateTimeField(help_text="When it was lifted.", null=True),
        ),
        migrations.RunPython(read, write),
    ]  # fmt: skip
