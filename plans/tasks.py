"""What waits is found by a query: a lost message or a dead worker costs seconds."""

import logging

from celery import shared_task
from django.utils.timezone import now

from plans import actions, document, queries
from plans.keeping import certificate, holding
from plans.keeping import queries as keeping
from plans.keeping.actions import watch

log = logging.getLogger(__name__)
BATCH = 200  # plans watched by one task: far below its time limit
DRAWN = 25  # certificates tried by one task


@shared_task(ignore_result=True)
def render_offers() -> None:
    """Render the agreements of new offers. Run twice, or twice at once, an offer opens once."""
    for offer in queries.offers_to_render():
        try:
            document.render_drafts(offer, at=now())
        except Exception as problem:  # one that cannot be rendered must not stop the others
            log.exception("offer %s could not be rendered", offer.number)
            document.note_problem(offer, type(problem).__name__)


@shared_task(ignore_result=True)
def expire_offers() -> None:
    """End offers whose time is over."""
    actions.expire(queries.offers_past_their_time(at=now()), at=now())


@shared_task(ignore_result=True)
def watch_plans(after: int = 0) -> None:
    """Watch the plans behind an id that a feed or a new day has not been seen for, a batch a time.

    One that fails stays in the queue for the next round, and does not stop the others.
    """
    if not after:
        holding.lift_over(at=now())
    batch = list(keeping.to_watch(at=now()).filter(pk__gt=after)[:BATCH])
    for agreement in batch:
        try:
            if keeping.to_watch(at=now()).filter(pk=agreement.pk).exists():  # not by another round
                watch(agreement, at=now())
        except Exception:
            log.exception("agreement %s could not be watched", agreement.number)
    if len(batch) == BATCH:
        watch_plans.delay(batch[-1].pk)


@shared_task(ignore_result=True)
def write_certificates() -> None:
    """Write the certificates of completed plans. Run twice, or twice at once, each is one.

    Those that could not be written lately take no place of the others.
    """
    tried = 0
    for agreement in keeping.to_certify().iterator(chunk_size=100):
        if certificate.is_paused(agreement):
            continue
        certificate.write(agreement, at=now())
        tried += 1
        if tried == DRAWN:
            return
