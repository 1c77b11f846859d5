from django.db import migrations, models

ENDED_BY = {"person_asked": "cardholder", "taken_back": "plan", "completed": "plan"}


def tell(apps, schema_editor):
    """Fill both columns from the trail, which has said it all along."""
    events = apps.get_model("records", "AuditEvent").objects.order_by("pk")
    versions = apps.get_model("plans", "PolicyVersion").objects
    for event in events.filter(verb="plans.policyversion.draft"):
        draft = versions.filter(pk=event.subject.partition(":")[2], status="draft")
        draft.update(returned=event.data.get("reason", ""))
    offers = apps.get_model("plans", "Offer").objects
    for event in events.filter(verb="plans.offer.withdrawn"):
        if by := next((ENDED_BY[key] for key in ENDED_BY if key in event.data), ""):
            ended = offers.filter(pk=event.subject.partition(":")[2], status="withdrawn")
            ended.update(ended_by=by)


class Migration(migrations.Migration):
    """Why a version of the policy was sent back, and which offers the bank did not withdraw."""

    dependencies = [("plans", "0008_papers"), ("records", "0007_counts_of_what_is_due")]

    operations = [
        migrations.AddField(
            "policyversion", "returned",
            models.CharField(
                blank=True, default="", max_length=1000,
                help_text="Why it was sent back; empty once proposed again.",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "offer", "ended_by",
            models.CharField(
                blank=True, default="", max_length=10,
                choices=[
                    ("cardholder", "Ended at the cardholder's wish, for a person to look at it"),
                    ("plan", "Ended with the plan that it was to change"),
                    ("request", "Ended with the request"),
                ],
                help_text="WITHDRAWN, but not by the bank.",
            ),
            preserve_default=False,
        ),
        migrations.RunPython(tell, migrations.RunPython.noop, elidable=True),
        migrations.AddConstraint(
            "offer",
            models.CheckConstraint(
                condition=models.Q(
                    ("ended_by", ""),
                    models.Q(
                        ("ended_by__in", ["cardholder", "plan", "request"]),
                        ("status", "withdrawn"),
                    ),
                    _connector="OR",
                ),
                name="plans_offer_ended_by_known",
            ),
        ),
    ]  # fmt: skip
