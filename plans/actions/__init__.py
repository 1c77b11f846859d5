"""What happens to plan requests, offers and agreements: one verb, one transaction, one event."""

from plans.actions.asking import (
    check_askable,
    check_first_date,
    check_open_for_plan,
    draft,
    submit,
    withdraw_request,
)
from plans.actions.deciding import check_duty, check_taken, expiry, make_offer, refuse, take
from plans.actions.ending import decline, expire, is_live, withdraw_offer
from plans.actions.moving import move

__all__ = [
    "check_askable", "check_duty", "check_first_date", "check_open_for_plan", "check_taken",
    "decline", "draft", "expire", "expiry", "is_live", "make_offer", "move", "refuse", "submit",
    "take", "withdraw_offer", "withdraw_request",
]  # fmt: skip
