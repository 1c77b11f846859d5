"""What waits is found by a query: a lost message or a dead worker costs seconds."""

from celery import shared_task
from django.core.cache import cache
from django.utils.timezone import now

from disputes import corrections, insight_count, letters, watch

ONE_COUNT = "count-of-cases"
LONGEST = 3600  # seconds that a count may take


@shared_task(ignore_result=True)
def draw_letters() -> None:
    """Draw one letter that waits, and wake the next worker if there are more."""
    if letters.draw_next(at=now()):
        letters.wake()


@shared_task(ignore_result=True)
def watch_clocks() -> None:
    """Warn of deadlines that come near, and close what nobody can contest any more."""
    watch.warn(at=now())
    watch.tell_late(at=now())
    watch.check_receipts(at=now())
    watch.close(at=now())


@shared_task(ignore_result=True)
def confirm_corrections() -> None:
    """Find the corrections that a feed has brought, and alarm of those that are late."""
    corrections.confirm(at=now())
    corrections.alarm(at=now())


@shared_task(ignore_result=True, time_limit=LONGEST)
def count_cases() -> None:
    """Each night, and when someone asks: the figures of the report, in one worker at a time."""
    if not cache.add(ONE_COUNT, 1, LONGEST):
        return
    try:
        insight_count.count(at=now())
    finally:
        cache.delete(ONE_COUNT)
