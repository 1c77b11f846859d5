"""What the report on cases adds up: the figures of one day, counted at night."""

from django.db import models


class DayFigures(models.Model):
    """All figures of one day, made anew by each count. No row: nothing happened on that day.

    The newest row is the one of the day of the count; it alone tells how the open cases stood.
    """

    on = models.DateField(primary_key=True)
    counted_at = models.DateTimeField()
    figures = models.JSONField(help_text="{figure: {key: how many}}, see disputes.insight_count.")
