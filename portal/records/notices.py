"""Mail: a row in the transaction of the act, sent by a task. Nothing is mailed in a request."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F

from portal.records.models import Notice

log = logging.getLogger(__name__)
LEASE = timedelta(minutes=2)  # longer than any task may take: settings.CELERY_TASK_TIME_LIMIT
PATIENCE = timedelta(days=3)  # then nobody waits for the mail any more


def notify(
    kind: str,
    *,
    recipient: str,
    language: str,
    subject: str,
    body: str,
    at: datetime,
    secret: bool = False,
) -> Notice:
    """Put a mail into the queue and wake the sender once the transaction is through."""
    notice = Notice.objects.create(
        kind=kind, recipient=recipient, language=language, subject=" ".join(subject.split()),
        body=body, secret=secret, made_at=at, next_try_at=at,
    )  # fmt: skip
    transaction.on_commit(_wake)
    return notice


def _wake() -> None:
    from portal.records.tasks import send_notices

    try:
        send_notices.delay()
    except Exception:  # a dead broker: the sweep sends it
        log.warning("broker not reached; the next sweep sends the notices")


def send(notice_id: int, *, at: datetime) -> bool:
    """Send one waiting notice; False if another worker has it, or if it failed or was given up.

    The claim is a lease: the row of a worker that was killed comes back by itself.
    """
    due = Notice.objects.filter(pk=notice_id, next_try_at__lte=at)
    if not due.update(tries=F("tries") + 1, next_try_at=at + LEASE):
        return False
    notice = Notice.objects.get(pk=notice_id)
    if notice.tries > 1 and at - notice.made_at > PATIENCE:
        log.error("notice %s not sent in %s tries: given up", notice.pk, notice.tries - 1)
        _close(notice, sent_at=None)
        return False
    try:
        EmailMessage(notice.subject, notice.body, to=[notice.recipient]).send()
    except Exception as error:  # whatever is wrong with this one, the others must go out
        pause = pause_after(notice.tries)
        Notice.objects.filter(pk=notice.pk).update(next_try_at=at + pause)
        # Not the error's text: it may name the recipient.
        log.warning("notice %s: %s; again in %s", notice.pk, type(error).__name__, pause)
        return False
    _close(notice, sent_at=at)
    return True


def pause_after(tries: int) -> timedelta:
    """Return how long to wait after so many failed tries: 20 s, 40 s, 80 s … an hour."""
    return timedelta(seconds=min(10 << min(tries, 9), 3600))


def _close(notice: Notice, *, sent_at: datetime | None) -> None:
    body = "" if notice.secret and not settings.DEMO else notice.body
    Notice.objects.filter(pk=notice.pk).update(sent_at=sent_at, next_try_at=None, body=body)
