"""Refuse UPDATE on deadlines inside the database itself: a deadline is moved by another row."""

from django.db import migrations

TABLE = "disputes_deadline"


def guard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            f"CREATE TRIGGER {TABLE}_never_changes BEFORE UPDATE ON {TABLE} "
            "FOR EACH ROW EXECUTE FUNCTION records_append_only()"
        )
    else:
        schema_editor.execute(
            f"CREATE TRIGGER {TABLE}_never_changes BEFORE UPDATE ON {TABLE} "
            f"BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END"
        )


def unguard(apps, schema_editor):
    on = f" ON {TABLE}" if schema_editor.connection.vendor == "postgresql" else ""
    schema_editor.execute(f"DROP TRIGGER {TABLE}_never_changes{on}")


class Migration(migrations.Migration):
    dependencies = [("disputes", "0001_initial"), ("records", "0002_audit_append_only")]
    operations = [migrations.RunPython(guard, unguard)]
