"""Mail: a row in the transaction of the act, sent by a task. Nothing is mailed in a request."""

import logging
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F

from portal.records.models import Notice

log = logging.getLogger(__name__)
MOST_TRIES = 50


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
        body=body, secret=secret, made_at=at,
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
    """Send one waiting notice; False if another worker has it. A failure leaves it waiting."""
    with transaction.atomic():
        notice = Notice.objects.select_for_update().filter(pk=notice_id, sent_at=None).first()
        if notice is None:
            return False
        Notice.objects.filter(pk=notice.pk).update(tries=F("tries") + 1, sent_at=at)
    try:
        EmailMessage(notice.subject, notice.body, to=[notice.recipient]).send()
    except OSError:
        Notice.objects.filter(pk=notice.pk).update(sent_at=None)
        log.warning("notice %s not sent; tried again later", notice.pk)
        return False
    if notice.secret and not settings.DEMO:
        Notice.objects.filter(pk=notice.pk).update(body="")
    return True
