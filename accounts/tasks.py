"""What waits is found by a query: a lost message or a dead worker costs seconds."""

from celery import shared_task
from django.utils.timezone import now

from accounts.evidence import actions, prepare, queries
from accounts.files import intake, strays


@shared_task(ignore_result=True)
def prepare_evidence() -> None:
    """Prepare one request that is due, and wake the next worker if there are more.

    One at a time: so a task stays far below its time limit, and mails are sent in between.
    """
    for pk in queries.due(at=now())[:20]:
        if prepare.prepare(pk, at=now()):
            break
    if queries.due(at=now()).exists():
        actions.wake()


@shared_task(ignore_result=True)
def check_uploads() -> None:
    """Look at one file that waits, and wake the next worker if there are more."""
    if intake.check_next(at=now()):
        intake.wake()


@shared_task(ignore_result=True)
def tidy_files() -> None:
    """Each night: bytes that no row names."""
    strays.sweep(at=now())
