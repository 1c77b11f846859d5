"""How a plan stands, as its cardholder is told: by what the bank knew on the day of its feed."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from accounts import queries as ledger
from plans.actions import changing
from plans.keeping import queries, rules
from plans.keeping.looking import Seen, look, reckoning
from plans.models import Agreement, Instalment, PlanRequest
from plans.pictures import Progress, progress, state_of
from plans.situation.askable import OPEN_OFFERS

ZERO = Decimal(0)
Status = Agreement.Status


@dataclass(frozen=True)
class Payment:
    """One payment as its row of the table says it. Amounts in the account's currency."""

    due: Instalment
    state: str  # one of plans.pictures.STATES
    can_move: bool

    @property
    def short(self) -> Decimal:
        short: Decimal = self.due.amount - self.due.paid
        return short


@dataclass(frozen=True)
class Standing:
    """A plan and what of it the page tells. Amounts in the account's currency."""

    seen: Seen
    payments: list[Payment]
    progress: Progress
    moves_left: int
    take_back_until: date | None  # the last day; None: it cannot be taken back any more

    @property
    def agreement(self) -> Agreement:
        return self.seen.agreement

    @property
    def runs(self) -> bool:
        return self.agreement.status == Status.ACTIVE

    @property
    def state(self) -> str:
        """The status of a plan that ended; of one that runs, how it stands.

        arrived, corrected, stopped, rest, notice, late or on_time.
        """
        if not self.runs:
            return self.agreement.status
        if self.arrived:
            return "arrived"
        if self.corrected:
            return "corrected"
        if self.seen.stands:
            return "stopped"
        if self.seen.is_small_rest:
            return "rest"
        if self.agreement.remedy_until:
            return "notice"
        return "late" if self.progress.late.payments else "on_time"

    @property
    def arrived(self) -> bool:
        """All is paid by the books, and the watch, which ends the plan, has not come by yet."""
        return self.runs and self.seen.follows(noticed_on=None) is rules.Step.COMPLETED

    @property
    def corrected(self) -> bool:
        """The bank corrected the account: a person decides, and the plan asks for nothing."""
        return self.runs and self.seen.why_by_hand == "corrected"

    @property
    def owed(self) -> Decimal:
        """What is overdue on the account; read from the books."""
        return ledger.position(self.agreement.account).overdue

    @property
    def rest(self) -> Decimal:
        """What the plan still lacks."""
        return sum((one.short for one in self.seen.met), ZERO)

    @property
    def next(self) -> Payment | None:
        """The payment to make next: the earliest that is not paid in full, late or not."""
        unpaid = [each for each in self.payments if each.state != "paid"]
        asks = self.runs and not self.corrected
        return min(unpaid, key=lambda each: each.due.day, default=None) if asks else None

    @property
    def by_hand(self) -> bool:
        """Nothing follows by rule: the bank has closed the account's books."""
        return not queries.is_automatic(self.agreement.account)

    @property
    def in_time_until(self) -> date | None:
        """The last day on which nothing follows even if no more is paid; None: nothing would."""
        day = None if self.by_hand else self.seen.notice_from
        return day - timedelta(days=1) if day else None

    @property
    def to_cure(self) -> Decimal:
        """What puts a breach right: what was missed on the day of the notice and is still short.

        With it a small rest of a payment before: what arrives meets that first.
        """
        if (noticed_on := self.seen.noticed_on) is None:
            return ZERO
        seen, on = self.seen, min(noticed_on, self.seen.as_of)
        missed = rules.missed(seen.lacking, seen.promise, on=on, stops=seen.stops)
        last = max((each.awaited.position for each in missed), default=0)
        return sum((one.short for one in seen.met if one.awaited.position <= last), ZERO)

    @property
    def reckoning(self) -> rules.Reckoning | None:
        """How the sum due at an early end came about."""
        ended = self.agreement.sum_due is not None
        return reckoning(self.agreement, self.seen.dues) if ended else None

    @property
    def came_back(self) -> bool:
        """Money of a completed plan came back."""
        done = self.agreement.status == Status.COMPLETED
        return done and any(each.state != "paid" for each in self.payments)

    @property
    def change(self) -> PlanRequest | None:
        return waiting_change(self.agreement) if self.runs else None

    @property
    def replaced_by(self) -> Agreement | None:
        return Agreement.objects.filter(replaces=self.agreement).first()


def _asked_to(agreement: Agreement) -> date:
    """Return the last day whose payments a plan that ended asks for, or had asked for, itself.

    One that was replaced or taken back asks for none; one whose money came back, for all. Of one
    that runs and is looked at, no payment is asked for and none is dropped: each is not paid.
    """
    if agreement.status in (Status.ACTIVE, Status.COMPLETED):
        return date.max
    return queries.counted_to(agreement) if agreement.status == Status.BROKEN else date.min


def waiting_change(agreement: Agreement) -> PlanRequest | None:
    """Return the request to change a plan that is open, or whose offer is."""
    asked = PlanRequest.objects.filter(revises=agreement)
    waits = asked.filter(status__in=PlanRequest.OPEN).first()
    return waits or asked.filter(offers__status__in=OPEN_OFFERS).first()


def standing(agreement: Agreement, *, at: datetime) -> Standing:
    """Look at a plan. While it runs, what is paid is matched with the ledger as it is now."""
    seen = look(agreement, at=at)
    runs = agreement.status == Status.ACTIVE
    if runs:
        for due, one in zip(seen.dues, seen.met, strict=True):
            due.paid, due.paid_on = one.paid, one.paid_on or seen.settled_on
    asks = runs and seen.why_by_hand != "corrected"
    late = {due.position for due in seen.late} if asks and not seen.asks_too_much else set()
    terms = changing.terms_of(agreement) if runs and agreement.offer.sealed_terms else None
    until = changing.take_back_until(agreement, terms) if terms else None
    asked_to = None if asks else _asked_to(agreement)
    states = [state_of(due, late, asked_to=asked_to) for due in seen.dues]
    return Standing(
        seen,
        [
            Payment(
                due,
                state,
                bool(asks and terms and changing.window(terms, seen.dues, due, on=seen.today)),
            )
            for due, state in zip(seen.dues, states, strict=True)
        ],
        progress(seen.dues, states),
        changing.moves_left(terms, seen.dues) if asks and terms else 0,
        until if until and seen.today <= until else None,
    )
