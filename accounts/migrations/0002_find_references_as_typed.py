from django.db import migrations, models
from django.db.models import F, Value
from django.db.models.functions import Replace, Upper


class Migration(migrations.Migration):
    """Activation finds a reference however its dashes, spaces and capitals are typed."""

    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="cardaccount",
            index=models.Index(
                Upper(Replace(Replace(F("ref"), Value("-")), Value(" "))),
                name="accounts_account_ref_typed",
            ),
        ),
        migrations.AddIndex(
            model_name="cardholder",
            index=models.Index(
                Upper(Replace(Replace(F("ref"), Value("-")), Value(" "))),
                name="accounts_cardholder_ref_typed",
            ),
        ),
    ]
