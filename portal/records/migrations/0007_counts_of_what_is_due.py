from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0006_documents_and_events_of_one'),
    ]

    operations = [
        migrations.CreateModel(
            name='DueCount',
            fields=[
                ('category', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('counted_at', models.DateTimeField()),
                ('due', models.PositiveIntegerField(help_text='May go.')),
                ('kept', models.PositiveIntegerField(help_text='Over their time, but kept.')),
                ('oldest', models.DateField(help_text='The day on which the oldest of them ended.', null=True)),
            ],
        ),
    ]
