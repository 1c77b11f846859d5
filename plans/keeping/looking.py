"""How a plan stands as far as the bank knows: its instalments against the repayments."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils.timezone import localdate

from plans import early
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
    today: date

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
        return self._of(rules.late(self._open, on=self.as_of, stops=self.stops))

    @property
    def missed(self) -> list[Instalment]:
        found = rules.missed(self._open, self.promise, on=self.as_of, stops=self.stops)
        return self._of(found)

    def follows(self, *, noticed_on: date | None) -> rules.Step:
        """Return what follows by rule; while the clock stands by now, no notice and no end."""
        if self.settled_on:
            return rules.Step.COMPLETED
        step = rules.follows(
            self.met, self.promise, on=self.as_of, stops=self.stops, noticed_on=noticed_on
        )
        review_on = self.agreement.offer.review_on
        if step is rules.Step.COMPLETED and review_on and self.as_of < review_on:
            return rules.Step.GO_ON  # a token plan runs to its review
        if step in (rules.Step.NOTICE, rules.Step.BROKEN) and self.stands:
            return rules.Step.GO_ON
        return step

    def remedy_until(self, noticed_on: date) -> date:
        return rules.remedy_until(noticed_on, self.promise, on=self.as_of, stops=self.stops)

    @property
    def notice_from(self) -> date | None:
        """The day from which the notice of breach would follow if no more was paid."""
        return rules.notice_if_nothing_comes(
            self._open, self.promise, on=self.as_of, stops=self.stops
        )

    @property
    def _open(self) -> list[rules.Met]:
        return [] if self.settled_on else self.met

    def _of(self, met: list[rules.Met]) -> list[Instalment]:
        places = {one.awaited.position for one in met}
        return [due for due in self.dues if due.position in places]


def look(agreement: Agreement, *, at: datetime) -> Seen:
    """Match a plan with the ledger. Reads only. Five queries."""
    dues = list(agreement.instalments.all())
    paid = queries.repayments(agreement)
    met, beyond = rules.match(queries.awaited(dues), paid)
    settled = _settled_early(agreement, dues, paid)
    return Seen(
        agreement,
        dues,
        paid,
        met,
        settled[1] if settled else beyond,
        settled[0] if settled else None,
        queries.promised(agreement),
        queries.stops(agreement),
        localdate(at),
    )


def _settled_early(
    agreement: Agreement, dues: list[Instalment], paid: list[rules.Paid]
) -> tuple[date, Decimal] | None:
    """Return when a plan with interest was settled, and what was left over; None if it is not."""
    offer = agreement.offer
    if not offer.rate or not paid:
        return None
    schedule = [Due(due.due_on, due.amount, due.interest) for due in dues]
    unit = money.unit(agreement.account.currency)

    def payable(before: rules.Credits, on: date) -> Decimal:
        return early.settled_on(
            agreement.total, schedule, before, rate=offer.rate,
            agreed_on=localdate(offer.made_at), on=on, unit=unit,
        ).payable  # fmt: skip

    return rules.settled_on(paid, payable)


def reckoning(agreement: Agreement, dues: list[Instalment]) -> rules.Reckoning:
    """Return how what is due at an early end is computed; after it, the same as when it was told.

    Interest of the plan is in it up to the day of the feed by which it ended.
    """
    up_to = agreement.watched_as_of or agreement.account.as_of
    return rules.Reckoning(
        agreement.offer.overdue,
        sum((due.interest for due in dues if due.day <= up_to), Decimal(0)),
        sum((due.paid for due in dues), Decimal(0)),
    )
