"""How a plan stands as far as the bank knows: its instalments against the repayments."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from django.utils.timezone import localdate

from accounts import queries as ledger
from plans import early, policies
from plans.keeping import queries, rules
from plans.models import Agreement, Instalment
from plans.rules import Due
from portal.kit import money


@dataclass(frozen=True)
class Seen:
    """An agreement as of its account's last feed. Amounts in the account's currency."""

    agreement: Agreement
    dues: list[Instalment]
    repayments: list[rules.Paid]
    met: list[rules.Met]
    beyond: Decimal  # paid beyond what the plan needs
    settled_on: date | None  # all of it, early, with interest for the time used only
    promise: rules.Promise
    stops: list[rules.Stop]
    asked: list[rules.Stop]  # days on which a change that was asked for in the remedy waited
    today: date
    spare: Decimal  # a smaller rest of a payment is too small to break the plan

    @property
    def as_of(self) -> date:
        return self.agreement.account.as_of

    @property
    def noticed_on(self) -> date | None:
        noticed = self.agreement.breach_noticed_at
        return localdate(noticed) if noticed else None

    @property
    def stands(self) -> bool:
        """The clock stands: on the day of the feed, or by now."""
        days = (self.as_of, self.today)
        return any(rules.is_stopped(self.stops, on=day) for day in days)

    @property
    def late(self) -> list[Instalment]:
        return self._of(rules.late(self.lacking, on=self.as_of, stops=self.stops))

    @property
    def missed(self) -> list[Instalment]:
        found = rules.missed(self.lacking, self.promise, on=self.as_of, stops=self.stops)
        return self._of(found)

    @cached_property
    def asks_too_much(self) -> bool:
        """The bank corrected the account: it owes less than the plan asks for."""
        if not self.is_short or not (credited := queries.credited(self.agreement)):
            return False
        return rules.asks_too_much(
            self.met, self.agreement.total, on=self.as_of, credited=credited,
            overdue=ledger.position(self.agreement.account).overdue,
        )  # fmt: skip

    @property
    def why_by_hand(self) -> str:
        """Why no rule decides what follows: gone, corrected or small_rest; empty where one does."""
        if not queries.is_automatic(self.agreement.account):
            return "gone"
        if self.asks_too_much:
            return "corrected"
        return "small_rest" if self.is_small_rest else ""

    @property
    def by_hand(self) -> bool:
        """No rule decides what follows: a person does."""
        return bool(self.why_by_hand)

    @property
    def is_small_rest(self) -> bool:
        """All days are over, and what is missing is too small for anything to follow."""
        over = max(due.day for due in self.dues) < self.as_of
        return over and self.is_short and not self.lacking

    def follows(self, *, noticed_on: date | None) -> rules.Step:
        """Return what follows by rule; while the clock stands by now, no notice and no end."""
        if self.settled_on:
            return rules.Step.COMPLETED
        step = rules.follows(
            self.met, self.promise, on=self.as_of, stops=self.stops, noticed_on=noticed_on,
            asked=self.asked, spare=self.spare,
        )  # fmt: skip
        review_on = self.agreement.offer.review_on
        if step is rules.Step.COMPLETED and review_on and self.as_of < review_on:
            return rules.Step.GO_ON  # a token plan runs to its review
        if step in (rules.Step.NOTICE, rules.Step.BROKEN) and self.stands:
            return rules.Step.GO_ON
        if step is rules.Step.NOTICE and self.today - self.as_of > rules.FRESH:
            return rules.Step.GO_ON
        return step

    def remedy_until(self, noticed_on: date) -> date:
        stops = [*self.stops, *self.asked]
        return rules.remedy_until(noticed_on, self.promise, on=self.as_of, stops=stops)

    @property
    def notice_from(self) -> date | None:
        """The day from which the notice of breach would follow if no more was paid."""
        return rules.notice_if_nothing_comes(
            self.lacking, self.promise, on=self.as_of, stops=self.stops
        )

    @property
    def is_short(self) -> bool:
        return not self.settled_on and any(one.short for one in self.met)

    @property
    def lacking(self) -> list[rules.Met]:
        """What is not met, less a rest that is too small."""
        return [] if self.settled_on else rules.lacking(self.met, self.spare)

    def _of(self, met: list[rules.Met]) -> list[Instalment]:
        places = {one.awaited.position for one in met}
        return [due for due in self.dues if due.position in places]


def look(agreement: Agreement, *, at: datetime) -> Seen:
    """Match a plan with the ledger. Reads only. Six queries; three more in a remedy.

    Of what is paid on the day on which a plan is settled early, only what was needed meets it, and
    nothing of what comes after.
    """
    dues = list(agreement.instalments.all())
    paid = queries.repayments(agreement)
    settled = _settled_early(agreement, dues, paid)
    counted = paid
    if settled:
        before = [each for each in paid if each.on < settled.on]
        counted = [*before, rules.Paid(settled.on, settled.needed)]
    met, beyond = rules.match(queries.awaited(dues), counted)
    today = localdate(at)
    return Seen(
        agreement,
        dues,
        paid,
        met,
        settled.beyond if settled else beyond,
        settled.on if settled else None,
        queries.promised(agreement),
        queries.stops(agreement),
        queries.changes_asked(agreement),
        today,
        policies.in_force(today).spare(agreement.account.currency),
    )


def _settled_early(
    agreement: Agreement, dues: list[Instalment], paid: list[rules.Paid]
) -> rules.Settled | None:
    """Return how a plan with interest was settled early; None if it is not."""
    if not agreement.offer.rate or not paid:
        return None
    return rules.settled_on(paid, _settling(agreement, dues))


def _settling(
    agreement: Agreement, dues: list[Instalment]
) -> Callable[[rules.Credits, date], Decimal]:
    """Return what says what settles a plan on a day, after what was paid before."""
    offer, unit = agreement.offer, money.unit(agreement.account.currency)
    schedule = [Due(due.due_on, due.amount, due.interest) for due in dues]

    def payable(before: rules.Credits, on: date) -> Decimal:
        return early.settled_on(
            agreement.total, schedule, before, rate=offer.rate,
            agreed_on=localdate(offer.made_at), on=on, unit=unit,
        ).payable  # fmt: skip

    return payable


def reckoning(agreement: Agreement, dues: list[Instalment]) -> rules.Reckoning:
    """Return how what is due at an early end is computed; after it, the same as when it was told.

    Interest of the plan is in it up to the day of the feed by which it ended, and none for money
    that had been repaid (CN-PLAN-14).
    """
    up_to = agreement.watched_as_of or agreement.account.as_of
    paid = sum((due.paid for due in dues), Decimal(0))
    interest = sum((due.interest for due in dues if due.day <= up_to), Decimal(0))
    if agreement.offer.rate:
        before = rules.paid_by_day(queries.repayments(agreement))
        used = _settling(agreement, dues)(before, up_to) + paid - agreement.total
        interest = max(Decimal(0), min(interest, used))
    told = agreement.sum_due
    owed = ledger.position(agreement.account).balance if told is None else told
    return rules.Reckoning(agreement.offer.overdue, interest, paid, owed)
