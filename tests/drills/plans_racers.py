"""What a racer of tests.drills.plans_raced does, in a process of its own."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any


def work(name: str, key: int, by: int, go_at: float) -> str:
    """Do one job at the given moment; return how it ended."""
    from django.db import close_old_connections

    from accounts.models import User
    from portal.kit.errors import IllegalMove, Refused, Stale

    close_old_connections()
    user = User.objects.filter(pk=by).first()
    job = prepared(name, key, user)
    while time.time() < go_at:
        time.sleep(0.001)
    try:
        job()
    except (Stale, IllegalMove, Refused) as no:
        return type(no).__name__
    except Exception as fault:
        return f"{type(fault).__name__}: {fault}"[:200]
    return "done"


def prepared(name: str, key: int, user: Any) -> Callable[[], object]:
    """Read what the job is about, as a page that was opened before; return the act itself."""
    from django.utils.timezone import now

    from accounts.models import CardAccount
    from plans import actions, signing
    from plans.models import Offer, PlanRequest
    from tests.plans.scene import FINDINGS

    if name == "policy":
        return lambda: new_policy(key, user)
    if name == "feed":
        account = CardAccount.objects.get(pk=key)
        return lambda: repayment_came_in(account)
    if name in ("offer", "propose", "refuse", "withdraw_request"):
        asked = PlanRequest.objects.select_related("account__cardholder").get(pk=key)
        version = asked.account.version
        return {
            "offer": lambda: actions.make_offer(
                asked, asked.choice, findings=FINDINGS, explanation="", basis_version=version,
                by=user, at=now(),
            ),
            "propose": lambda: actions.make_offer(
                asked, less_interest(asked.choice), findings=FINDINGS, explanation="",
                basis_version=version, by=user, at=now(),
            ),
            "refuse": lambda: actions.refuse(asked, reason="No.", by=user, at=now()),
            "withdraw_request": lambda: actions.withdraw_request(asked, by=user, at=now()),
        }[name]  # fmt: skip
    offer = Offer.objects.select_related("account__cardholder__user").get(pk=key)
    draft = offer.drafts.get(language="en")
    signature = signing.Signature("Test Person", "email-code", ["agree"], "s", "a")
    return {
        "accept": lambda: signing.accept(offer, draft, signature=signature, by=user, at=now()),
        "decline": lambda: actions.decline(offer, reason="", by=user, at=now()),
        "withdraw_offer": lambda: actions.withdraw_offer(offer, reason="", by=user, at=now()),
        "expire": lambda: actions.expire([offer], at=offer.expires_at + timedelta(days=1)),
    }[name]


def less_interest(choice: Any) -> Any:
    """The plan asked for, less more of the interest than an agent may give up alone."""
    from plans import rules
    from tests.plans.scene import CENT

    each = rules.each_for(Decimal(970), choice.months, unit=CENT)
    waived = rules.Waived(interest=Decimal(30))
    return rules.Choice(each, choice.months, choice.first_on, waived=waived)


def repayment_came_in(account: Any) -> None:
    """What a night's feed does to one account: a repayment, a raised version, an event."""
    from django.db import transaction
    from django.db.models import F
    from django.utils.timezone import now

    from accounts.models import CardAccount
    from portal.records.audit import record
    from tests.accounts.books import post

    with transaction.atomic():
        CardAccount.objects.filter(pk=account.pk).update(version=F("version") + 1)
        post(account, "paid", str(account.as_of), "repayment", Decimal(-900))
        record("drill.fed", subject=f"drill:{account.pk}", by=None, at=now())


def new_policy(turn: int, user: Any) -> None:
    """Another version of the policy comes into force while agents decide."""
    from django.utils.timezone import localdate, now

    from plans.models import PolicyVersion
    from plans.policy import FIRST

    at: datetime = now()
    PolicyVersion.objects.create(
        name=f"drill-{turn}", status="approved", made_by=user, made_at=at, approved_at=at,
        effective_from=localdate() - timedelta(days=1 + turn), data=FIRST | {"offer_valid": 13},
        approved_by=type(user).objects.exclude(pk=user.pk).first(),
    )  # fmt: skip
