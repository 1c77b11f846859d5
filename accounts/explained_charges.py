"""An interest or fee posting as a worked example, from what accounts.explain makes of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.book import Movement
from accounts.explain import Charge, Counted, Stretch, Terms
from accounts.models import Posting
from accounts.rules import annual_percent
from accounts.worked import Line, Sum, Writer
from portal.kit.exact import percent
from portal.kit.money import ZERO, unit

LABELS: dict[str, Any] = dict(Posting.Kind.choices)
BASES: dict[str, Any] = {
    "full": gettext_lazy(
        "Interest is counted on the bill before, less what bears none: on all of it for each day "
        "until the next bill, whatever was paid meanwhile."
    ),
    "unpaid": gettext_lazy(
        "Interest is counted on the bill before, less what bears none: on what is left of it each "
        "day. A payment lowers it from its own day on."
    ),
}
REASONS: dict[str, Any] = {  # accounts.explain.Charge.reason
    "fixed": gettext_lazy(
        "This is a fixed fee: the contract sets its amount, so there is no sum to work out."
    ),
    "no_bill": gettext_lazy(
        "It goes back to a bill older than the first one we hold here, so we cannot work it out."
    ),
    "period_open": gettext_lazy(
        "Which days this interest is for shows with the next bill. Look again once that is there."
    ),
    "nothing_owed": gettext_lazy("The bill before left nothing that bears interest."),
    "paid_in_full": gettext_lazy(
        "The bill before was paid in full by its due date, so no interest is due for these days."
    ),
    "not_due": gettext_lazy("No due date had passed yet, so no late payment charge is due."),
    "nothing_missing": gettext_lazy(
        "The minimum payment was received in full by its due date, so no late payment charge is "
        "due."
    ),
}

VERDICTS: dict[tuple[bool, str], Any] = {  # by whether several movements are about one charge
    (False, "agrees"): gettext_lazy(
        "The bank charged %(bank)s. Our sums give the same: the two agree."
    ),
    (True, "agrees"): gettext_lazy(
        "In all, the bank charged %(bank)s. Our sums give the same: the two agree."
    ),
    (False, "more"): gettext_lazy(
        "The bank charged %(bank)s. That is %(apart)s more than our sums give, which is %(ours)s."
    ),
    (True, "more"): gettext_lazy(
        "In all, the bank charged %(bank)s. That is %(apart)s more than our sums give, which is "
        "%(ours)s."
    ),
    (False, "less"): gettext_lazy(
        "The bank charged %(bank)s. That is %(apart)s less than our sums give, which is %(ours)s."
    ),
    (True, "less"): gettext_lazy(
        "In all, the bank charged %(bank)s. That is %(apart)s less than our sums give, which is "
        "%(ours)s."
    ),
}


@dataclass(frozen=True)
class Worked:
    """A charge in words and sums."""

    said: list[str]
    sums: list[Sum]
    verdict: str
    state: str  # agrees, more, elsewhere, less, taken_back; older, or "" without a figure of ours
    right: str  # what it should have been, as a plain number, where that is less
    other: str = ""  # elsewhere: the reference of the charge that is too high


def worked(charge: Charge, terms: Terms, write: Writer) -> Worked:
    sums = [*_base(charge, write), *_day_by_day(charge, write), *_missing(charge, write)]
    if charge.ours is not None:
        sums.append(_side_by_side(charge, charge.ours, write))
    state, said = _verdict(charge, write)
    right = ""
    if state == "more" and charge.right is not None:
        right = str(charge.right.quantize(unit(terms.currency)))
    other = charge.together[-1].movement.ref if state == "elsewhere" else ""
    return Worked(_said(charge, terms), sums, said, state, right, other)


def _said(charge: Charge, terms: Terms) -> list[str]:
    """Say by which terms a charge was worked out: the annual rate first (CN-ACC-10)."""
    said = []
    if charge.posting.kind == "interest":
        rates = {"year": percent(annual_percent(terms.daily_rate) / 100),
                 "day": percent(terms.daily_rate)}  # fmt: skip
        said.append(
            _("The contract: %(year)s a year (simple interest), that is %(day)s a day.") % rates
        )
        said.append(str(BASES[terms.interest_basis]))
    elif charge.posting.kind == "late_fee":
        text = _(
            "The contract: %(rate)s of what was missing of the minimum payment when its due date "
            "ended. No interest is counted on this charge."
        )
        said.append(text % {"rate": percent(terms.late_fee_rate)})
    else:
        said.append(_("No interest is counted on a fee."))
    if charge.reason and charge.ours is not None:
        said.append(str(REASONS[charge.reason]))
    return said


def _base(charge: Charge, write: Writer) -> list[Sum]:
    """What of the bill bears interest; late payment charges and fees do not (CN-ACC-07)."""
    bill, out = charge.bill, charge.left_out
    if bill is None or out is None:
        return []
    lines = [Line(_("Bill of %(on)s") % {"on": write.day(bill.made_on)}, write.money(bill.closing))]
    for text, amount in (
        (_("Less late payment charges in it"), out.default_sum),
        (_("Less annual and other fees in it"), out.fees),
    ):
        if amount:
            lines.append(Line(text, write.money(-amount), _("They bear no interest.")))
    bears = write.money(max(ZERO, bill.closing - out.total))
    return [Sum(_("What bears interest"), lines, Line(_("Bears interest"), bears))]


def _day_by_day(charge: Charge, write: Writer) -> list[Sum]:
    if not charge.stretches or charge.rate is None or charge.exact is None:
        return []
    rate = percent(charge.rate)
    lines = [_stretch(stretch, rate, write) for stretch in charge.stretches]
    together = Line(_("Together, not rounded yet"), write.exact(charge.exact))
    return [Sum(_("Day by day"), lines, together, (_("Days"), _("Interest")))]


def _stretch(stretch: Stretch, rate: str, write: Writer) -> Line:
    text = ngettext("%(span)s, %(days)s day", "%(span)s, %(days)s days", stretch.days)
    return Line(
        text % {"span": write.days(stretch.first, stretch.last), "days": stretch.days},
        write.exact(stretch.exact),
        f"{write.money(stretch.base)} × {rate} × {stretch.days}",
        stretch.because[-1].movement.ref if stretch.because else "",
        _because(stretch.because, write),
    )


def _because(counted: Sequence[Counted], write: Writer) -> str:
    """Say what changed the base that day: the sum of it; "" where that comes to nothing."""
    total = sum((each.amount for each in counted), ZERO)
    if not total:
        return ""
    text = _("%(sum)s came back")
    if total < 0:
        text = _("lowered by %(sum)s")
        if all(each.movement.kind == Posting.Kind.REPAYMENT for each in counted):
            text = _("after a payment of %(sum)s")
            text = text if len(counted) == 1 else _("after payments of %(sum)s in all")
    return text % {"sum": write.money(abs(total))}


def _missing(charge: Charge, write: Writer) -> list[Sum]:
    """The minimum that was due, and what of it had come in by then."""
    bill, missing = charge.bill, charge.missing
    if bill is None or missing is None:
        return []
    dates = {"made": write.day(bill.made_on), "due": write.day(bill.due_on)}
    minimum = _("Minimum of the bill of %(made)s, due by %(due)s") % dates
    lines = [Line(minimum, write.money(bill.minimum)), *counted_lines(charge.counted, write)]
    total = Line(_("Missing"), write.money(missing))
    return [Sum(_("What was missing when the due date ended"), lines, total)]


def counted_lines(counted: Iterable[Counted], write: Writer) -> list[Line]:
    """Return what was received, or came back, one line each with a way to its page."""
    return [
        Line(named(each.movement, write), write.money(each.amount), "", each.movement.ref)
        for each in counted
    ]


def named(movement: Movement, write: Writer) -> str:
    """Name a movement: Repayment of 1 Oct 2026."""
    facts = {"what": str(LABELS[movement.kind]), "on": write.day(movement.on)}
    return _("%(what)s of %(on)s") % facts


def _side_by_side(charge: Charge, ours: Decimal, write: Writer) -> Sum:
    """Our figure, rounded once (ARITH-1), beside the bank's."""
    posting = charge.posting
    lines = [
        Line(_("The bank charged"), write.money(posting.amount)),
        *_others(charge.taken_back, _("Taken back: %(what)s"), write),
        *_others(charge.together, _("Charged for the same: %(what)s"), write),
        Line(_("Less our figure"), write.money(-ours), _rounding(charge, write)),
    ]
    difference = Line(
        _("What the bank charged, less our figure"), write.money(charge.charged - ours)
    )
    return Sum(_("Side by side"), lines, difference)


def _rounding(charge: Charge, write: Writer) -> str:
    """Say from what our figure was rounded; "" where nothing was to be worked out."""
    if not charge.exact or charge.rate is None:
        return ""
    exact = write.exact(charge.exact)
    if charge.missing is not None:
        exact = f"{write.money(charge.missing)} × {percent(charge.rate)} = {exact}"
    facts = {"exact": exact, "unit": write.money(unit(write.currency))}
    return _("%(exact)s, rounded once to the nearest %(unit)s, halves upwards") % facts


def _others(counted: Iterable[Counted], text: str, write: Writer) -> list[Line]:
    return [
        Line(
            text % {"what": named(each.movement, write)}, write.money(each.amount), "",
            each.movement.ref,
        )
        for each in counted
    ]  # fmt: skip


def _verdict(charge: Charge, write: Writer) -> tuple[str, str]:
    """Say in words how the bank's figure stands to ours, and in a code."""
    if charge.taken_back and charge.charged <= 0:
        text = _("The bank has taken this charge back. Nothing of it is left to pay.")
        return "taken_back", text
    if charge.ours is None or charge.difference is None:
        return "older" if charge.reason == "no_bill" else "", str(REASONS[charge.reason])
    amounts = {"bank": write.money(charge.charged), "ours": write.money(charge.ours),
               "apart": write.money(abs(charge.difference))}  # fmt: skip
    state = "agrees"
    if charge.difference:
        state = "more" if charge.difference > 0 else "less"
    in_all = bool(charge.taken_back or charge.together)
    said = str(VERDICTS[in_all, state]) % amounts
    if state == "more" and charge.right == charge.posting.amount:
        where = _("What is too much stands in the last of these charges: %(what)s.")
        what = {"what": named(charge.together[-1].movement, write)}
        return "elsewhere", f"{said} {where % what}"
    return state, said
