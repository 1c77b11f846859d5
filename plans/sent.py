"""What became of the requests that a person sent: for their own list of them."""

from collections.abc import Sequence
from typing import NamedTuple

from plans.models import Offer, PlanQuestion, PlanRequest

LIVE = (Offer.Status.PREPARING, Offer.Status.OPEN, Offer.Status.ACCEPTED)


class Sent(NamedTuple):
    """A request that was sent, and its answer."""

    asked: PlanRequest
    offer: Offer | None  # the answer, where it is one
    question: bool  # the bank has asked something and waits
    again: bool  # nothing came of it, and nothing was begun since


def sent(requests: Sequence[PlanRequest]) -> list[Sent]:
    """Return those of a person's requests (all, newest first) that were sent. Two queries."""
    asking = PlanQuestion.objects.filter(request__in=requests, answered_at=None)
    questions = set(asking.values_list("request_id", flat=True))
    offers = _answers(requests)
    newest = {each.account_id: each for each in reversed(requests)}
    return [
        Sent(
            each, offers.get(each.pk), each.pk in questions,
            newest[each.account_id] is each and _came_to_nothing(each, offers.get(each.pk)),
        )
        for each in requests
        if each.status != PlanRequest.Status.DRAFT
    ]  # fmt: skip


def _answers(requests: Sequence[PlanRequest]) -> dict[int, Offer]:
    """The offer that answers each request: the last one, as one before may have been sent back."""
    offers = Offer.objects.filter(
        request__in=requests, request__status=PlanRequest.Status.OFFERED
    ).order_by("pk")
    return {offer.request_id: offer for offer in offers}


def _came_to_nothing(asked: PlanRequest, offer: Offer | None) -> bool:
    """Tell whether it ended without a plan; one that it was to change goes on as it is."""
    if asked.revises_id or asked.status in PlanRequest.OPEN:
        return False
    return offer is None or offer.status not in LIVE
