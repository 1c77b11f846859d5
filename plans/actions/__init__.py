"""What happens to plan requests, offers and agreements: one verb, one transaction, one event."""

from plans.actions.asking import (
    answer_question,
    check_askable,
    check_first_date,
    check_open_for_plan,
    draft,
    submit,
    withdraw_request,
)
from plans.actions.deciding import (
    Changed,
    ask_cardholder,
    check_duty,
    check_taken,
    expiry,
    make_offer,
    refuse,
    take,
)
from plans.actions.ending import (
    decline,
    drop_proposed,
    expire,
    give_days_back,
    is_live,
    withdraw_offer,
)
from plans.actions.moving import move
from plans.actions.second import approve_offer, check_second, return_offer

__all__ = [
    "Changed", "answer_question", "approve_offer", "ask_cardholder", "check_askable",
    "check_duty", "check_first_date", "check_open_for_plan", "check_second", "check_taken",
    "decline", "draft", "drop_proposed", "expire", "expiry", "give_days_back", "is_live",
    "make_offer", "move", "refuse", "return_offer", "submit", "take", "withdraw_offer",
    "withdraw_request",
]  # fmt: skip
