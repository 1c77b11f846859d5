"""Counts that stop: nobody waits on a page for an exact number of very many."""

from django.db.models import IntegerField, Subquery


class Counted(Subquery):
    """How many rows a query has. Give it a sliced one: it reads no further than that."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()
