"""The sums of an account as worked examples: what is overdue, due next, owed, and a day's interest.

Each table's lines add up to its result. Holds, the disputed part and the plan's part stand apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import attrgetter
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import explain, queries, rules
from accounts.book import ZERO, Components
from accounts.explain import Books, Due, Terms
from accounts.explained_charges import LABELS, counted_lines
from accounts.explained_page import PARTS, books, part_lines, terms
from accounts.models import CardAccount
from accounts.queries import HOLD, PlanFacts
from accounts.worked import Line, Sum, Writer, rules_of
from portal.kit.exact import percent


@dataclass(frozen=True)
class Section:
    """A figure with its sums; `id` is the anchor that the account page links to."""

    id: str
    title: str
    figure: str
    said: list[str] = field(default_factory=list)
    sums: list[Sum] = field(default_factory=list)
    rule: str = ""  # ids in docs/rules.md


@dataclass(frozen=True)
class Stand:
    """Where an account stands, as read for one page."""

    books: Books
    terms: Terms
    position: rules.Position
    holds: Sequence[rules.Span]
    plan: PlanFacts | None
    write: Writer

    def of(self, which: Any) -> Due | None:
        to_come = self.plan.to_come if self.plan else ZERO
        due: Due | None = which(
            self.books, holds=self.holds, held_on=rules.NOT_LIFTED, to_come=to_come
        )
        return due


def sections(account: CardAccount, *, on: date) -> list[Section]:
    """Return every figure of an account. Three queries; one more on a plan."""
    stand = _stand(account, on)
    late, next_one = stand.of(explain.overdue), stand.of(explain.minimum)
    return [
        _overdue(stand, late),
        _minimum(stand, next_one),
        _current(stand, late, next_one),
        _interest(stand),
        _balance(stand),
    ]


def _stand(account: CardAccount, on: date) -> Stand:
    bills, movements = queries.bills(account), queries.movements(account)
    held = queries.netted(map(attrgetter(*HOLD), queries.all_holds(account)))
    plan = queries.plan_facts([account], on=on).get(account.pk) if held.on_plan else None
    return Stand(
        books=books(account, bills, movements),
        terms=terms(account),
        position=queries.stands(account, bills, movements, held),
        holds=held.spans,
        plan=plan,
        write=Writer(account.currency),
    )


def _overdue(stand: Stand, due: Due | None) -> Section:
    write, position = stand.write, stand.position
    if due is None or not due.amount:
        said = _("Nothing is overdue.") if due else _("No bill's due date has passed yet.")
        sums = [_minimum_sum(due, _("Overdue"), write)] if due else []
        return Section("overdue", _("Overdue sum"), write.money(ZERO), [said], sums, "ACC-1")
    sums = [_minimum_sum(due, _("Overdue"), write), *_apart(due, write)]
    names = ("interest", "default_sum", "fees", "principal")
    made_of = part_lines(position.overdue_by_component, names, write)
    total = Line(_("Overdue"), write.money(due.amount))
    sums.append(Sum(_("What it is made of"), made_of, total))
    return Section(
        "overdue", _("Overdue sum"), write.money(due.amount), _since(position, write), sums,
        rules_of("ACC-1", "ACC-2", "ACC-7"),
    )  # fmt: skip


def _since(position: rules.Position, write: Writer) -> list[str]:
    if position.since is None:
        return []
    days = position.days_past_due
    facts = {
        "since": write.long_day(position.since), "on": write.long_day(position.as_of), "days": days,
    }  # fmt: skip
    said = [
        ngettext(
            "%(since)s is the first due date in a row that was not met in full. From then to "
            "%(on)s it is %(days)s day.",
            "%(since)s is the first due date in a row that was not met in full. From then to "
            "%(on)s it is %(days)s days.",
            days,
        ) % facts
    ]  # fmt: skip
    if stopped := days - position.days_aged:
        said.append(
            ngettext(
                "%(days)s of these days was on hold and is not counted towards the step of delay.",
                "%(days)s of these days were on hold and are not counted towards the step of "
                "delay.",
                stopped,
            ) % {"days": stopped}
        )  # fmt: skip
    return said


def _minimum(stand: Stand, due: Due | None) -> Section:
    title, write = _("Minimum payment of the newest bill"), stand.write
    if due is None:
        said = _("The due date of the newest bill has passed: what is missing is overdue.")
        if not stand.books.bills:
            said = _("No bill has been made yet, so no payment is due.")
        return Section("minimum", title, write.money(ZERO), [said], [], "ACC-1")
    dates = {"due": write.long_day(due.bill.due_on)}
    said = _("Due by %(due)s. A minimum includes what was missing of the ones before it.") % dates
    sums = [_minimum_sum(due, _("Still missing"), write), *_apart(due, write)]
    return Section("minimum", title, write.money(due.amount), [said], sums, "ACC-1")


def _minimum_sum(due: Due, result: str, write: Writer) -> Sum:
    """The bill's minimum, less what counts towards it, within the balance (ACC-1)."""
    dates = {"made": write.day(due.bill.made_on), "due": write.day(due.bill.due_on)}
    lines = [
        Line(
            _("Minimum of the bill of %(made)s, due by %(due)s") % dates,
            write.money(due.bill.minimum),
        ),
        *counted_lines(due.counted, write),
    ]
    if rest := due.amount - due.missing:
        text = _("No more is asked for than the whole balance")
        if due.missing < 0:
            text = _("More was received than the minimum: that stays on the account")
        lines.append(Line(text, write.money(rest)))
    return Sum(_("How it adds up"), lines, Line(result, write.money(due.amount)))


def _apart(due: Due, write: Writer) -> list[Sum]:
    """Tell apart what a plan covers, what is in dispute, and on what collection stops."""
    if not (due.planned or due.disputed or due.held):
        return []
    hint = ""
    if due.held:
        text = _("Nobody collects %(sum)s of the whole: it is on hold.")
        hint = text % {"sum": write.money(due.held)}
    rows = [
        (_("In the coming payments of the plan"), due.planned, ""),
        (_("In dispute"), due.disputed, _("It need not be paid while it is looked into.")),
        (_("Apart from those"), due.left, ""),
    ]
    lines = [Line(text, write.money(sum), why) for text, sum, why in rows if sum]
    return [Sum(_("Of this"), lines, Line(_("Together"), write.money(due.amount), hint))]


def _current(stand: Stand, late: Due | None, next_one: Due | None) -> Section:
    """What covers both the overdue sum and the next minimum: the larger of the two."""
    write = stand.write
    overdue, coming = (due.left if due else ZERO for due in (late, next_one))
    lines = [
        Line(_("Overdue, apart from plan and dispute"), write.money(overdue)),
        Line(
            _("The newest bill's minimum beyond that"), write.money(max(ZERO, coming - overdue)),
            _("Its minimum includes the overdue sum, so only the rest is added."),
        ),
    ]  # fmt: skip
    figure = write.money(max(overdue, coming))
    said = _("Once this is paid, nothing is overdue and the newest bill's minimum is met.")
    total = Line(_("To be up to date"), figure)
    return Section(
        "current", _("What brings the account up to date"), figure, [said],
        [Sum(_("How it adds up"), lines, total)], rules_of("ACC-1", "ACC-11"),
    )  # fmt: skip


NO_INTEREST: dict[str, Any] = {  # rules.InterestBase.reason
    "no_bill": gettext_lazy("No bill's due date has passed yet, so nothing bears interest."),
    "nothing_owed": gettext_lazy("Nothing that bears interest is owed."),
    "paid_in_full": gettext_lazy("The last bill due was paid in full, so nothing bears interest."),
}


def _interest(stand: Stand) -> Section:
    write, day = stand.write, explain.per_day(stand.books, stand.terms)
    rates = {"year": percent(rules.annual_percent(day.rate) / 100), "day": percent(day.rate)}
    said = [_("The contract: %(year)s a year (simple interest), that is %(day)s a day.") % rates]
    title, figure = _("Interest a day"), write.money(day.amount)
    if stand.plan:
        said.append(_("While the plan is kept, no interest is charged on the sum in it."))
        figure = _("%(year)s a year") % rates
        return Section("interest", _("Interest"), figure, said, [], rules_of("CN-ACC-10"))
    if day.base.of is None or not day.base.amount:
        said.append(str(NO_INTEREST[day.base.reason]))
        return Section("interest", title, figure, said, [], rules_of("ACC-6", "CN-ACC-10"))
    said.append(_("It is an estimate: it holds as long as the balance stays as it is."))
    share = Line(f"{write.money(day.base.amount)} × {rates['day']}", write.exact(day.exact))
    sums = [
        _base(stand, day.base.of, day.base),
        Sum(_("One day"), [share], Line(_("Rounded once, halves upwards"), figure)),
    ]
    return Section(
        "interest", title, figure, said, sums, rules_of("ACC-6", "CN-ACC-07", "CN-ACC-10")
    )


def _base(stand: Stand, of: Components, base: rules.InterestBase) -> Sum:
    """What bears interest: principal and interest; late payment charges and fees do not."""
    write = stand.write
    caption = _("Still owed, as far as it bears interest")
    if stand.terms.interest_basis == "full" and base.bill:
        made = {"on": write.day(base.bill.made_on)}
        caption = _("The bill of %(on)s, as far as it bears interest") % made
    lines = part_lines(of, ("principal", "interest"), write)
    hint = ""
    if out := of.default_sum + of.fees:
        text = _("Late payment charges and fees of %(sum)s are left out: they bear none.")
        hint = text % {"sum": write.money(out)}
    return Sum(caption, lines, Line(_("Bears interest"), write.money(base.amount), hint))


def _balance(stand: Stand) -> Section:
    write, found = stand.write, explain.balance(stand.books)
    lines = [
        Line(
            str(LABELS[kind]), write.money(sum),
            ngettext("%(count)s movement", "%(count)s movements", count) % {"count": count},
        )
        for kind, sum, count in found.by_kind
    ]  # fmt: skip
    if found.opening:
        made = {"on": write.day(stand.books.bills[0].made_on)}
        first = _("Owed before the first bill here, of %(on)s") % made
        lines.insert(0, Line(first, write.money(found.opening)))
    figure = write.money(found.closing)
    total = Line(_("Whole balance"), figure)
    sums = [Sum(_("How it adds up"), lines, total)]
    if parts := part_lines(found.parts, list(PARTS), write):
        sums.append(Sum(_("What it is made of"), parts, total))
    said = [_("It is below zero: the bank owes this sum.")] if found.closing < 0 else []
    return Section("balance", _("Whole balance"), figure, said, sums, "ACC-4")
