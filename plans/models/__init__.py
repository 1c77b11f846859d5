"""Plan requests, offers, agreements and instalments: what is asked, proposed, signed and due."""

from plans.models.asking import PlanQuestion, PlanRequest, Situation
from plans.models.chosen import Chosen, Kind, columns
from plans.models.keeping import Agreement, Instalment
from plans.models.offering import Offer, OfferDraft
from plans.models.papers import Paper
from plans.models.policies import PolicyVersion

__all__ = [
    "Agreement", "Chosen", "Instalment", "Kind", "Offer", "OfferDraft", "Paper", "PlanQuestion",
    "PlanRequest", "PolicyVersion", "Situation", "columns",
]  # fmt: skip
