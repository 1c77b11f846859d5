"""When what a person told goes: a year or so after the last answer, with nothing open any more.

What went with a request is a copy of its own and goes with the request (plans.retention).
"""

from datetime import date, datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.retention import PERSON, subject
from plans.models import Agreement, Offer, Paper, PlanRequest, Situation
from plans.situation.askable import OPEN_OFFERS
from plans.situation.papers import forget
from portal.records.retention import Category, start_of


def _situations(before_on: date) -> QuerySet[Any, Any]:
    """What was last changed before, of people without an open request, an offer or a live plan."""
    theirs = {"account__cardholder": OuterRef("cardholder")}
    old = Situation.objects.filter(updated_at__lt=start_of(before_on)).exclude(
        Exists(PlanRequest.objects.filter(status__in=PlanRequest.OPEN, **theirs))
    )
    old = old.exclude(Exists(Offer.objects.filter(status__in=OPEN_OFFERS, **theirs)))
    live = Agreement.objects.filter(status=Agreement.Status.ACTIVE, **theirs)
    return old.exclude(Exists(live)).annotate(
        owner=subject(PERSON, "cardholder_id"), ended=F("updated_at")
    )


def _delete(pks: list[Any], at: datetime) -> list[str]:
    beside = Paper.objects.filter(situation__in=pks)
    papers = Paper.objects.filter(pk__in=list(beside.values_list("pk", flat=True)))
    beside.update(situation=None)
    forget(papers)
    Situation.objects.filter(pk__in=pks).delete()
    return []


CATEGORY = Category(
    "plans.situations", _("What people told of their means and needs"),
    _("The budget, the reasons, the files and the support needs are deleted. What was sent with a "
      "request goes with the request."),
    ("situations",), _situations, _delete,
)  # fmt: skip
