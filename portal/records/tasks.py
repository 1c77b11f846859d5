"""At each wake-up and every few seconds: what waits is found by a query."""

from celery import shared_task
from django.conf import settings
from django.core.cache import cache
from django.utils.timezone import now

from portal.records import notices, retention, stamping
from portal.records.models import Notice
from portal.records.retention import counts, strays

ONE_SWEEP = "timestamp-sweep"
ONE_COUNT = "count-of-what-is-due"
LONGEST = 3600  # seconds that a count may take


@shared_task(ignore_result=True)
def send_notices() -> None:
    """Send what waits, oldest first."""
    waiting = Notice.objects.filter(next_try_at__lte=now())
    for pk in waiting.order_by("next_try_at").values_list("pk", flat=True)[:200]:
        notices.send(pk, at=now())


@shared_task(ignore_result=True)
def timestamp_documents() -> None:
    """Append proof of time to sealed documents, a few seconds' worth, in one worker at a time."""
    if not settings.TSA_URL or not cache.add(ONE_SWEEP, 1, settings.CELERY_TASK_TIME_LIMIT):
        return
    try:
        stamping.enrol(at=now())
        stamping.sweep(stamping.due(at=now()), at=now())
    finally:
        cache.delete(ONE_SWEEP)


@shared_task(ignore_result=True)
def tidy() -> None:
    """Each night: spent codes, counts of attempts, ended sessions, files that no row names."""
    retention.tidy(at=now())
    strays.sweep(at=now())


@shared_task(ignore_result=True, time_limit=LONGEST)
def count_due() -> None:
    """Each night, and when someone asks: what is over its time, in one worker at a time."""
    if not cache.add(ONE_COUNT, 1, LONGEST):
        return
    try:
        counts.count(at=now())
    finally:
        cache.delete(ONE_COUNT)
