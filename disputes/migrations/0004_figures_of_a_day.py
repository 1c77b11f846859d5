from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('disputes', '0003_due_on_and_queue_indexes'),
    ]

    operations = [
        migrations.CreateModel(
            name='DayFigures',
            fields=[
                ('on', models.DateField(primary_key=True, serialize=False)),
                ('counted_at', models.DateTimeField()),
                ('figures', models.JSONField(help_text='{figure: {key: how many}}, see disputes.insight_count.')),
            ],
        ),
        migrations.AddIndex(
            model_name='dispute',
            index=models.Index(condition=models.Q(('status__in', ['received', 'in_review', 'waiting_for_cardholder', 'under_second_review'])), fields=['matter', 'due_on', 'id'], name='disputes_dispute_of_matter'),
        ),
    ]
