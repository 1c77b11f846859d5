"""Fictitious people in every state there is, brought there by the real actions."""

import csv
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.conf import settings
from django.core.management import call_command
from django.utils.timezone import localdate, now

from accounts import activation
from accounts.adapters import MFAAdapter
from accounts.evidence import actions as evidence
from accounts.evidence import facts, prepare
from accounts.evidence.forms import WITH_PERIOD
from accounts.feed.make import write_feed
from accounts.models import CardAccount, Cardholder, EvidenceRequest, User
from accounts.models.people import Role
from accounts.queries import position
from plans import actions, document, policies, rules
from plans.models import Offer, PlanRequest
from plans.queries import usual_first_day
from plans.situation import papers
from portal.demo import cases, correction, running
from portal.kit import money

STAFF = [  # e-mail, role, name
    ("agent1@example.com", Role.AGENT, "Agent One"),
    ("agent2@example.com", Role.AGENT, "Agent Two"),
    ("handler1@example.com", Role.COMPLAINT_HANDLER, "Handler One"),
    ("handler2@example.com", Role.COMPLAINT_HANDLER, "Handler Two"),
    ("supervisor1@example.com", Role.SUPERVISOR, "Supervisor One"),
    ("supervisor2@example.com", Role.SUPERVISOR, "Supervisor Two"),
    ("auditor@example.com", Role.AUDITOR, "Auditor"),
]


SIZE, SEED = 60, 7  # accounts in the demonstration's feed
PLAYERS = {  # behind, and free to play with: who they are in write_feed's archetypes
    "holder@example.com": ("C0000001", "zh-hans"),
    "reader@example.com": ("C0000006", "en"),
}
SIGNER = "C0000009"  # rare characters in the name: so the signed agreement shows them
SETTLED = "C0000033"  # owes nothing any more: so there is a settlement certificate


def folder() -> Path:
    return Path(settings.VAR_DIR) / "demo"


def letters() -> list[dict[str, str]]:
    """Return the letters that can still be tried: reference, code, date of birth."""
    path = folder() / "letters.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as lines:
        rows = {row["reference"]: row for row in csv.DictReader(lines)}
    waiting = Cardholder.objects.filter(ref__in=rows, user=None).order_by("ref")
    return [
        {**rows[holder.ref], "date_of_birth": str(holder.person.date_of_birth)}
        for holder in waiting
    ]


def make() -> None:
    """Load two feeds, then bring people into every state. Run once on an empty database."""
    feed = folder() / "feed"
    write_feed(feed, accounts=SIZE, seed=SEED, as_of=localdate(), months=12)
    call_command("import_feed", feed, verbosity=0)
    again = folder() / "feed-correction"
    if correction.write_correction(again, as_of=localdate()):
        call_command("import_feed", again, verbosity=0)
    agent, _agent, handler, *_ = [_staff(email, role, name) for email, role, name in STAFF]
    for email, (ref, language) in PLAYERS.items():
        activate(Cardholder.objects.get(ref=ref), email, language)
    own: dict[str, CardAccount] = {}
    for account in CardAccount.objects.filter(cardholder__user=None).select_related("cardholder"):
        if position(account).overdue > 0:
            own.setdefault(account.cardholder.ref, account)
    signer = own.pop(SIGNER)
    free = iter(own.values())
    for state, reach in STATES.items():
        account = signer if state == "signed" else next(free)
        activate(account.cardholder, f"{state}@example.com", "zh-hans")
        reach(CardAccount.objects.get(pk=account.pk), agent)
    certified(signer, EvidenceRequest.Kind.REPAYMENTS)
    settled = CardAccount.objects.get(cardholder__ref=SETTLED)
    activate(settled.cardholder, "settled@example.com", "zh-hans")
    certified(settled, EvidenceRequest.Kind.SETTLEMENT)
    refs = ",".join(next(free).cardholder.ref for _ in range(2))
    with_cases([*free], handler, without=refs)
    call_command("issue_activation_codes", out=folder() / "letters.csv", refs=refs)


def with_cases(behind: list[CardAccount], handler: User, *, without: str) -> None:
    """Someone in every state of a case: those who are behind first, then who has paid since."""
    others = CardAccount.objects.filter(cardholder__user=None).order_by("ref")
    left = [account for account in others if account.cardholder.ref not in without.split(",")]
    fitting = (account for account in dict.fromkeys([*behind, *left]) if cases.fits(account))
    for state, (_reach, language, _days) in cases.CASES.items():
        account = next(fitting)
        owner = activate(account.cardholder, f"{state}@example.com", language)
        cases.make(account, owner, state, handler=handler)


def _staff(email: str, role: str, name: str) -> User:
    """Make a member of staff with an authenticator app whose codes /demo/ shows."""
    user = activation.add_staff(email, role=role, name=name, language="en", by=None, at=now())
    secret = MFAAdapter().encrypt(generate_totp_secret())
    Authenticator.objects.create(user=user, type="totp", data={"secret": secret})
    return user


def activate(holder: Cardholder, email: str, language: str) -> User:
    """Do what a person does with the letter: reference, code and birthday, then the mailed code."""
    at = now()
    code = activation.issue_code(holder, by=None, at=at)
    opened = activation.open_letter(
        reference=holder.ref,
        code=code,
        born_on=holder.person.date_of_birth,
        ip=f"demo-{holder.pk}",
        at=at,
    )
    if opened is None:
        raise RuntimeError(f"{holder.ref} could not be activated")
    activation.send_address_code(opened, email=email, language=language, at=at)
    return activation.confirm_address(
        opened, email=email, code=running.mailed_code(email), language=language, at=at
    )


# == each state, reached by the actions a person takes


def _owner(account: CardAccount) -> User:
    return User.objects.get(cardholder=account.cardholder_id)


def drafted(account: CardAccount, agent: User) -> PlanRequest:
    total, policy = position(account).overdue, policies.in_force(localdate())
    least = policy.least_instalment(account.currency) or money.unit(account.currency)
    months = max(1, min(6, int(total / least)))
    each = rules.each_for(total, months, unit=money.unit(account.currency))
    return actions.draft(
        account, rules.Choice(each, months, usual_first_day(account, on=localdate())),
        reason="工资要到月底才发。", by=_owner(account), at=now(),
    )  # fmt: skip


def submitted(account: CardAccount, agent: User) -> PlanRequest:
    request = drafted(account, agent)
    actions.submit(request, by=_owner(account), at=now())
    return request


def withdrawn(account: CardAccount, agent: User) -> None:
    actions.withdraw_request(submitted(account, agent), by=_owner(account), at=now())


def under_review(account: CardAccount, agent: User) -> PlanRequest:
    request = submitted(account, agent)
    actions.take(request, by=agent, at=now())
    return request


def refused(account: CardAccount, agent: User) -> None:
    reason = "目前账户状态还不能分期。请先致电我们，我们一起看看其他办法。"
    actions.refuse(under_review(account, agent), reason=reason, by=agent, at=now())


def offered(account: CardAccount, agent: User, *, at: datetime | None = None) -> Offer:
    request = under_review(account, agent)
    offer = actions.make_offer(
        request, request.choice,
        findings=["exceeds_ability", "still_willing"], explanation="",
        basis_version=account.version, by=agent, at=at or now(),
    )  # fmt: skip
    document.render_drafts(offer, at=at or now())
    return Offer.objects.get(pk=offer.pk)


def proposed(account: CardAccount, agent: User) -> None:
    """Small payments until a review, below the policy's minimum: a supervisor must agree."""
    owner = _owner(account)
    running.tell_budget(account, owner)
    slip = cases.photo(what="Pay slip")
    papers.add(
        account.cardholder.situation,
        slip,
        name="工资条（虚构）.jpg",
        consents=True,
        by=owner,
        at=now(),
    )
    request, policy = under_review(account, agent), policies.in_force(localdate())
    least = policy.least_instalment(account.currency)
    small = min(request.total / 10, least / 2).quantize(money.unit(account.currency))
    review_on = rules.add_months(request.first_on, 2)
    actions.make_offer(
        request,
        rules.Choice(small, 3, request.first_on, kind=rules.TOKEN, review_on=review_on),
        findings=["exceeds_ability", "still_willing"], explanation="先少还一些，到时我们再一起看。",
        basis_version=account.version, by=agent, at=now(),
    )  # fmt: skip


def declined(account: CardAccount, agent: User) -> None:
    actions.decline(offered(account, agent), reason="", by=_owner(account), at=now())


def taken_back(account: CardAccount, agent: User) -> None:
    offer = offered(account, agent)
    actions.withdraw_offer(offer, reason="方案中的金额有误。", by=agent, at=now())


def expired(account: CardAccount, agent: User) -> None:
    """An offer of three weeks ago, whose time is over by now."""
    offer = offered(account, agent, at=now() - timedelta(days=21))
    actions.expire([offer], at=now())


def signed(account: CardAccount, agent: User) -> None:
    running.running(account, _owner(account), agent, folder=folder() / "feed-repayment")


def certified(account: CardAccount, kind: str) -> None:
    """A certified document in both languages, about everything the books hold."""
    period = facts.read(account).bounds if kind in WITH_PERIOD else (None, None)
    wish = evidence.Wish(
        kind=kind, purpose=EvidenceRequest.Purpose.BANK, languages=["zh-hans", "en"],
        from_on=period[0], until_on=period[1], with_records=True, with_plans=True,
    )  # fmt: skip
    asked = evidence.ask(account, wish, by=_owner(account), at=now())
    prepare.prepare(asked.pk, at=now())


STATES: dict[str, Callable[[CardAccount, User], object]] = {
    "draft": drafted,
    "submitted": submitted,
    "review": under_review,
    "withdrawn": withdrawn,
    "refused": refused,
    "offered": offered,
    "declined": declined,
    "takenback": taken_back,
    "expired": expired,
    "signed": signed,
    "proposed": proposed,
}
