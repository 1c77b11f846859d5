"""What the bank decides on a request: one verb, one transaction, one event."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.timezone import get_current_timezone, localdate

from accounts.models import CardAccount, Hold, User
from accounts.own import is_own
from plans import eligibility, rules, weighing
from plans.actions.moving import move
from plans.agreement import terms_for
from plans.models import Offer, PlanQuestion, PlanRequest, columns
from plans.notices import tell
from plans.policy import Policy
from plans.rules import Choice
from plans.situation import papers
from plans.weighing import Ground, Weighed
from portal.kit.errors import IllegalMove, Refused, Stale, gettext_noop
from portal.records import documents
from portal.records.audit import record


class Changed(Stale):
    """The account changed after its figures were read: look at them again."""


@transaction.atomic
def take(request: PlanRequest, *, by: User, at: datetime) -> None:
    """An agent takes a waiting request, or takes one over from who had it when it was read.

    Errors: Stale if a colleague was first; Refused DUTY-1; IllegalMove once it is decided.
    """
    check_duty(request, by)
    if request.status != PlanRequest.Status.UNDER_REVIEW:
        return move(request, PlanRequest.Status.UNDER_REVIEW, by=by, at=at, taken_by=by)
    held = PlanRequest.objects.filter(
        pk=request.pk, status=request.status, taken_by=request.taken_by_id
    )
    if not held.update(taken_by=by):
        raise Stale(request.pk)
    record("plans.planrequest.taken_over", subject=request, by=by, at=at)


def check_duty(request: PlanRequest, by: User) -> None:
    """Nobody decides on their own case. Errors: Refused DUTY-1."""
    own = is_own(by, request.account.cardholder)
    rules.check_decider(by.pk, asked_by_id=request.submitted_by_id, own_cardholder=own)


def check_taken(request: PlanRequest, by: User) -> None:
    """Only the one who has taken the request decides on it. Errors: Refused DUTY-1, DUTY-2."""
    check_duty(request, by)
    if request.taken_by_id != by.pk:
        raise Refused("DUTY-2", gettext_noop("Take this request before you decide on it."))


def check_none_proposed(request: PlanRequest) -> None:
    """Errors: Refused OFFER-WAITS while a second person looks at an offer for this request."""
    if request.offers.filter(status=Offer.Status.PROPOSED).exists():
        raise Refused(
            "OFFER-WAITS",
            gettext_noop(
                "An offer for this request waits for a second person. "
                "It must be sent back or taken back first."
            ),
        )


@transaction.atomic
def make_offer(
    request: PlanRequest,
    choice: Choice,
    *,
    findings: list[str],
    explanation: str,
    basis_version: int,
    files: str | None = None,
    by: User,
    at: datetime,
) -> Offer:
    """Offer a plan over what is overdue now and undisputed; the worker then renders it.

    Where the policy wants a second person the offer waits for one (PROPOSED), and so does the
    request. Errors: Refused for a missing finding, one's own case, terms outside rule or policy
    (PLAN-POLICY names the points), or while another offer waits; Changed if the account changed
    or the files did
    after the agent saw them (`basis_version`, `files`); Stale or IllegalMove if the request moved.
    """
    account = to_offer_on(request, basis_version, files)
    check_taken(request, by)
    check_none_proposed(request)
    ground = weighing.ground(request, account, on=localdate(at))
    weighed = weighing.weigh(choice, ground, role=weighing.role_of(by))
    weighing.check_within(weighed)
    rules.check_findings(findings, required=ground.pack["plan.findings"])
    second = weighed.codes("second")
    if second:
        _keep_findings(request, findings)
    else:
        decided: dict[str, Any] = {"decided_by": by, "decided_at": at, "findings": findings}
        still = {"taken_by": by}
        move(request, PlanRequest.Status.OFFERED, by=by, at=at, still=still, **decided)
    offer = written(
        request, account, weighed, ground, explanation=explanation, second=second, by=by, at=at
    )
    data = {"request": request.number, "total": offer.total, "months": offer.months}
    data |= {"policy": offer.policy_version, "second": second, "findings": findings}
    done = "proposed" if second else "made"
    record(f"plans.offer.{done}", subject=offer, by=by, at=at, data=data)
    if not second:
        render_soon()
    return offer


def locked(request: PlanRequest) -> CardAccount:
    """Return the request's account, locked; while it is held nothing is decided and nothing sent.

    Errors: Refused PLAN-DEATH, PLAN-INSOLVENCY, PLAN-BREATHING.
    """
    rows = CardAccount.objects.select_for_update(of=("self",)).select_related("cardholder")
    account = rows.get(pk=request.account_id)
    if no := why_held(account):
        raise no
    return account


def why_held(account: CardAccount) -> Refused | None:
    """Return why nothing is decided on an account now; None if nothing speaks against it."""
    held = set(account.holds.filter(until_at=None).values_list("reason", flat=True))
    for reason, rule in eligibility.HOLDS.items():
        if reason in held:
            return Refused(rule, STANDS_STILL, why=Hold.Reason(reason).label)
    return None


STANDS_STILL = gettext_noop(
    "Collection on this account is held: %(why)s. Until the hold ends nothing is decided here, "
    "and nothing is sent to the cardholder."
)


def as_seen(request: PlanRequest, basis_version: int, files: str | None = None) -> CardAccount:
    """Return the account, as `locked`, if it is as it was seen, and so are the request's files
    (papers.seen; None: nobody looked at them). Errors: also Changed.
    """
    account = locked(request)
    if account.version != basis_version or files not in (None, papers.seen(request)):
        raise Changed(account.pk)
    return account


def to_offer_on(request: PlanRequest, basis_version: int, files: str | None = None) -> CardAccount:
    """Return the account, as `as_seen`, if a plan can be offered on it. Errors: also PLAN-GONE."""
    account = as_seen(request, basis_version, files)
    if account.closed_by_feed:
        raise Refused(
            eligibility.GONE,
            gettext_noop(
                "The newest feed no longer lists this account, so no plan can be offered on it. "
                "Find out who keeps it now, and tell the cardholder."
            ),
        )
    return account


def _keep_findings(request: PlanRequest, findings: list[str]) -> None:
    """Record what the agent found; the request goes on waiting. Errors: IllegalMove; Stale."""
    if request.status != PlanRequest.Status.UNDER_REVIEW:
        raise IllegalMove(request.status, Offer.Status.PROPOSED)
    held = PlanRequest.objects.filter(
        pk=request.pk, status=request.status, taken_by=request.taken_by_id
    )
    if not held.update(findings=findings):
        raise Stale(request.pk)
    request.refresh_from_db()


def written(
    request: PlanRequest,
    account: CardAccount,
    weighed: Weighed,
    ground: Ground,
    *,
    explanation: str,
    second: list[str],
    by: User | None,
    at: datetime,
) -> Offer:
    """Return the row of a new offer. `second`: why it waits for a second person, [] if not."""
    choice, limits = weighed.option.choice, ground.policy
    number = f"PA-{documents.new_code(8)}"
    terms = terms_for(
        number, account, account.cardholder.person, ground.position, choice, weighed.option.dues,
        policy=limits, pack=ground.pack, at=at,
        replaces=request.revises.number if request.revises else "",
    )  # fmt: skip
    offer = Offer(
        **columns(choice), number=number, request=request, account=account, total=weighed.total,
        overdue=ground.position.overdue, sealed_terms=terms.sealed(),
        status=Offer.Status.PROPOSED if second else Offer.Status.PREPARING,
        needs_second=bool(second), second=second, policy_version=limits.version,
        basis_version=account.version, made_at=at, made_by=by,
        expires_at=expiry(choice.first_on, limits, at=at),
    )  # fmt: skip
    offer.explanation = explanation
    offer.save(force_insert=True)
    return offer


def expiry(first_on: date, limits: Policy, *, at: datetime) -> datetime:
    """An offer ends after the policy's days, and in any case the day before the first payment."""
    end = min(localdate(at) + timedelta(days=limits.offer_valid), first_on - timedelta(days=1))
    return datetime.combine(end, time(23, 59, 59), tzinfo=get_current_timezone())


def render_soon() -> None:
    """Have the worker write the agreement out as soon as this is committed."""
    transaction.on_commit(_wake_renderer)


def _wake_renderer() -> None:
    from plans.tasks import render_offers

    try:
        render_offers.delay()
    except Exception:  # noqa: S110  (a dead broker: the sweep finds the row)
        pass


@transaction.atomic
def ask_cardholder(request: PlanRequest, *, text: str, by: User, at: datetime) -> PlanQuestion:
    """Ask one question about a request, by its page and a mail; it can be decided meanwhile.

    Errors: Refused DUTY-…, PLAN-… while the account is held, QUESTION-OPEN while one is not
    answered; IllegalMove once decided.
    """
    locked(request)
    check_taken(request, by)
    standing = PlanRequest.objects.select_for_update().get(pk=request.pk).status
    if standing != PlanRequest.Status.UNDER_REVIEW:
        raise IllegalMove(standing, "asked")
    question = PlanQuestion(request=request, asked_by=by, asked_at=at)
    question.text = text
    try:
        with transaction.atomic():
            question.save(force_insert=True)
    except IntegrityError:
        raise Refused(
            "QUESTION-OPEN",
            gettext_noop("A question is still open. Wait for its answer, or decide without it."),
        ) from None
    record("plans.planrequest.asked", subject=request, by=by, at=at)
    tell(request.account, "plan.question", number=request.number, at=at)
    return question


@transaction.atomic
def refuse(
    request: PlanRequest, *, reason: str, files: str | None = None, by: User, at: datetime
) -> None:
    """Say no, and why: the cardholder reads it. `request` comes with the account as it was read.

    Errors: Refused DUTY-…, OFFER-WAITS, PLAN-… while the account is held; Changed if the account
    or the files changed since; IllegalMove; Stale.
    """
    as_seen(request, request.account.version, files)
    check_taken(request, by)
    check_none_proposed(request)
    request.refusal = reason
    move(
        request,
        PlanRequest.Status.REFUSED,
        by=by,
        at=at,
        still={"taken_by": by},
        decided_by=by,
        decided_at=at,
        sealed_refusal=request.sealed_refusal,
    )
    tell(request.account, "plan.refused", number=request.number, at=at)
