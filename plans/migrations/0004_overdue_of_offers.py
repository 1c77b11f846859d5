from django.db import migrations
from django.db.models import F


def fill(apps, schema_editor):
    apps.get_model("plans", "Offer").objects.update(overdue=F("total"))


class Migration(migrations.Migration):
    """Until now every offer covered all that was overdue and undisputed."""

    dependencies = [("plans", "0003_plans_in_full")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
