"""What waits is found by a query: a lost message or a dead worker costs seconds."""

import logging

from celery import shared_task
from django.utils.timezone import now

from plans import actions, document, queries

log = logging.getLogger(__name__)


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
