"""At each wake-up and every few seconds: what waits is found by a query."""

from celery import shared_task
from django.utils.timezone import now

from portal.records import notices
from portal.records.models import Notice


@shared_task(ignore_result=True)
def send_notices() -> None:
    """Send what waits, oldest first."""
    waiting = Notice.objects.filter(next_try_at__lte=now())
    for pk in waiting.order_by("next_try_at").values_list("pk", flat=True)[:200]:
        notices.send(pk, at=now())
