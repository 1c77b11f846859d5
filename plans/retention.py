"""What this room deletes after its time: agreements, and requests that came to nothing."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import Case, DateField, Exists, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from accounts.retention import ACCOUNT, subject
from plans.models import Agreement, Instalment, Offer, OfferDraft, Paper, PlanQuestion, PlanRequest
from plans.situation import papers
from plans.situation.retention import CATEGORY as SITUATIONS
from portal.records.models import Document
from portal.records.retention import Category, clear, start_of

OVER = (
    PlanRequest.Status.DRAFT,  # never sent
    PlanRequest.Status.REFUSED,
    PlanRequest.Status.WITHDRAWN,
    PlanRequest.Status.OFFERED,
)


def uses(sha256: str) -> bool:
    """Tell whether the file of this hash is a draft that is kept: its offer still has its terms."""
    return OfferDraft.objects.filter(sha256=sha256).exclude(offer__sealed_terms="").exists()


def _agreements(before_on: date) -> QuerySet[Any, Any]:
    """Agreements whose last payment was due, and whose account left the bank's books, before.

    The law counts from the end of the transaction and, for who a person is, of the relation.
    """
    last = Instalment.objects.filter(agreement=OuterRef("pk")).annotate(
        on=Coalesce("moved_to", "due_on")
    )
    old = Agreement.objects.filter(
        document__purged_at=None, account__closed_by_feed=True, account__as_of__lt=before_on
    ).annotate(
        last_due_on=Subquery(last.order_by("-on").values("on")[:1]), gone_on=F("account__as_of")
    )
    return old.filter(last_due_on__lt=before_on).annotate(
        owner=subject(ACCOUNT, "account_id"),
        ended=Case(
            When(last_due_on__gt=F("gone_on"), then=F("last_due_on")),
            default=F("gone_on"),
            output_field=DateField(),
        ),
    )


def _clear_agreements(pks: list[Any], at: datetime) -> list[str]:
    """Blank the signed document, its drafts in every language, its certificate, and what was
    asked for."""
    agreements = Agreement.objects.filter(pk__in=pks)
    filed = Q(pk__in=agreements.values("document")) | Q(pk__in=agreements.values("certificate"))
    signed = clear(Document.objects.filter(filed), at=at)
    asked = list(agreements.values_list("offer__request_id", flat=True))
    agreements.update(sealed_ending="")
    return signed + _clear_requests(asked, at)


def _unsigned(before_on: date) -> QuerySet[Any, Any]:
    """Requests that ended without an agreement, with something left to blank.

    The first payment that was asked for lies after the asking, an offer's time after its end.
    """
    moment = start_of(before_on)
    offers = Offer.objects.filter(request=OuterRef("pk"))
    texts = Q(sealed_terms__gt="") | Q(sealed_explanation__gt="") | Q(sealed_ending__gt="")
    questions = PlanQuestion.objects.filter(request=OuterRef("pk"))
    told = Q(sealed_reason__gt="") | Q(sealed_refusal__gt="") | Q(sealed_situation__gt="")
    asked = Exists(questions.filter(Q(sealed_text__gt="") | Q(sealed_answer__gt="")))
    old = PlanRequest.objects.filter(
        Q(decided_at=None) | Q(decided_at__lt=moment), status__in=OVER, first_on__lt=before_on
    ).exclude(Exists(offers.filter(Q(expires_at__gte=moment) | Q(agreement__isnull=False))))
    sent = Exists(Paper.requests.through.objects.filter(planrequest=OuterRef("pk")))
    left = old.filter(told | asked | sent | Exists(offers.filter(texts)))
    return left.annotate(owner=subject(ACCOUNT, "account_id"), ended=F("first_on"))


def _clear_requests(pks: Iterable[int], at: datetime) -> list[str]:
    offers = Offer.objects.filter(request__in=list(pks))
    hashes = [*OfferDraft.objects.filter(offer__in=offers).values_list("sha256", flat=True)]
    PlanRequest.objects.filter(pk__in=pks).update(
        sealed_reason="", sealed_refusal="", sealed_situation=""
    )
    PlanQuestion.objects.filter(request__in=list(pks)).update(sealed_text="", sealed_answer="")
    offers.update(sealed_terms="", sealed_explanation="", sealed_ending="")
    papers.forget_with(pks)
    return hashes


CATEGORIES = (
    Category(
        "plans.agreements", _("Signed agreements"),
        _("The documents, the terms and the texts are deleted, and what was told, asked and handed "
          "in on the way. Number, code, fingerprint, sum and dates stay, so that anyone who checks "
          "a copy still learns that we issued it."),
        ("retention.transactions",), _agreements, _clear_agreements,
    ),
    Category(
        "plans.unsigned", _("Plan requests without an agreement"),
        _("The reasons and the budget told, the files, questions and answers, the drafts and their "
          "terms are deleted. Sums and dates stay."),
        ("limitation.years",), _unsigned, _clear_requests,
    ),
    SITUATIONS,
)  # fmt: skip
