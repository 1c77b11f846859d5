"""A time for the next try instead of a count of tries: whatever was not sent is tried once more."""

from django.db import migrations, models


def wake(apps, schema_editor):
    apps.get_model("records", "Notice").objects.filter(sent_at=None).update(
        next_try_at=models.F("made_at")
    )


class Migration(migrations.Migration):
    dependencies = [("records", "0002_audit_append_only")]
    operations = [
        migrations.RemoveIndex(model_name="notice", name="records_notice_waiting"),
        migrations.AddField(
            model_name="notice",
            name="next_try_at",
            field=models.DateTimeField(
                help_text="While a worker sends it: when its claim ends. Empty: sent or given up.",
                null=True,
            ),
        ),
        migrations.RunPython(wake, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("next_try_at__isnull", False)),
                fields=["next_try_at"],
                name="records_notice_to_send",
            ),
        ),
    ]
