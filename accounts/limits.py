"""Budgets that hold across processes: each try is one conditional UPDATE, so none is counted twice.

Call them outside a transaction that may roll back: a budget that is given back is none.
"""

from datetime import datetime

from django.db.models import F
from django.utils.timezone import localtime

from accounts.models import Attempts

DAY, HOUR = "%Y-%m-%d", "%Y-%m-%dT%H"


def window(at: datetime, size: str) -> str:
    """Name the local day or hour that `at` falls in; size is DAY or HOUR."""
    return localtime(at).strftime(size)


def take(key: str, *, window: str, most: int) -> bool:
    """Use one of the `most` tries in this window; False once none is left."""
    Attempts.objects.bulk_create([Attempts(key=key, window=window)], ignore_conflicts=True)
    left = Attempts.objects.filter(key=key, window=window, count__lt=most)
    return left.update(count=F("count") + 1) == 1
