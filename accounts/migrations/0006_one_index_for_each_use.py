"""The ledger without indexes that nothing reads by: each is paid for with every row of a feed.

`unique=True` on a text column keeps a second index for LIKE on PostgreSQL, and a foreign key one
that the unique constraint beginning with it already serves.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_feed_runs_and_contact_choices")]

    operations = [
        migrations.AlterField(
            model_name="posting",
            name="ref",
            field=models.CharField(max_length=60),
        ),
        migrations.AddConstraint(
            model_name="posting",
            constraint=models.UniqueConstraint(fields=("ref",), name="accounts_posting_one_ref"),
        ),
        migrations.AlterField(
            model_name="contactattempt",
            name="ref",
            field=models.CharField(max_length=60),
        ),
        migrations.AddConstraint(
            model_name="contactattempt",
            constraint=models.UniqueConstraint(fields=("ref",), name="accounts_contact_one_ref"),
        ),
        migrations.AlterField(
            model_name="statement",
            name="account",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="statements",
                to="accounts.cardaccount",
            ),
        ),
        migrations.AlterField(
            model_name="overduerecord",
            name="account",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="overdue_records",
                to="accounts.cardaccount",
            ),
        ),
    ]
