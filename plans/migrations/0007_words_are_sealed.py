import uuid

from django.db import migrations, models

from portal.kit import crypto

WORDS = {  # model: what its rows are bound by, and its columns of free words
    "PlanRequest": ("number", ("reason", "refusal")),
    "PlanQuestion": ("ref", ("text", "answer")),
    "Offer": ("number", ("explanation", "ending")),
}


def seal(apps, schema_editor):
    """Encrypt the words. A row is written once: a second time PostgreSQL would put its foreign
    keys off to the end of the transaction, and could not alter the table before.
    """
    for name, (key, columns) in WORDS.items():
        model = apps.get_model("plans", name)
        for row in model.objects.order_by("pk").iterator():
            changes = {}
            if name == "PlanQuestion" and row.ref is None:
                row.ref = changes["ref"] = uuid.uuid4()
            for column in columns:
                if text := getattr(row, column):
                    bound_to = f"{model._meta.db_table}.sealed_{column}:{getattr(row, key)}"
                    changes[f"sealed_{column}"] = crypto.encrypt(text, bound_to=bound_to)
            if changes:
                model.objects.filter(pk=row.pk).update(**changes)


def unseal(apps, schema_editor):
    """The way back. A question keeps its ref until the column goes."""
    for name, (key, columns) in WORDS.items():
        model = apps.get_model("plans", name)
        for row in model.objects.order_by("pk").iterator():
            changes = {}
            for column in columns:
                if sealed := getattr(row, f"sealed_{column}"):
                    bound_to = f"{model._meta.db_table}.sealed_{column}:{getattr(row, key)}"
                    changes[column] = crypto.decrypt(sealed, bound_to=bound_to)
            if changes:
                model.objects.filter(pk=row.pk).update(**changes)


def _sealed(model, *columns):
    text = models.TextField(blank=True, default="")
    return [migrations.AddField(model, f"sealed_{column}", text, False) for column in columns]


class Migration(migrations.Migration):
    """Free words lay in clear. Now they are encrypted, bound to their row."""

    dependencies = [("plans", "0006_money_that_came_back")]

    operations = [
        *_sealed("planrequest", "reason", "refusal"),
        *_sealed("planquestion", "answer"),
        *_sealed("offer", "explanation", "ending"),
        migrations.AddField(
            "planquestion", "sealed_text", models.TextField(default=""), preserve_default=False
        ),
        migrations.AddField(
            "planquestion", "ref", models.UUIDField(null=True, editable=False, default=None)
        ),
        migrations.AlterField(  # so that the way back can add it to rows that are there
            "planquestion", "text", models.CharField(max_length=2000, default="")
        ),
        migrations.RunPython(seal, unseal),
        migrations.AlterField(
            "planquestion", "ref",
            models.UUIDField(default=uuid.uuid4, editable=False, unique=True),
        ),
        migrations.RemoveField("planrequest", "reason"),
        migrations.RemoveField("planrequest", "refusal"),
        migrations.RemoveField("planquestion", "text"),
        migrations.RemoveField("planquestion", "answer"),
        migrations.RemoveField("offer", "explanation"),
        migrations.RemoveField("offer", "ending"),
    ]  # fmt: skip
