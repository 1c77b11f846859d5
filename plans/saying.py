"""A plan in one line, by its kind: for lists, and for pages of both sides."""

from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from plans.forms.kinds import OTHER
from plans.rules import SETTLEMENT, STEPPED, TOKEN, Choice, add_months
from portal.kit.money import formatted


def in_words(choice: Choice, overdue: Decimal, currency: str) -> str:
    """Return what a plan over an overdue sum comes to, in the reader's language."""
    each = formatted(choice.each, currency)
    if choice.kind == OTHER:
        if not choice.each:
            return _("Something else, in own words")
        return _("Something else, in own words; %(each)s a month could be paid") % {"each": each}
    if choice.kind == TOKEN:
        review = date_format(choice.review_on) if choice.review_on else ""
        return _("%(each)s a month, and a review on %(review)s") % {"each": each, "review": review}
    if choice.kind == STEPPED:
        text = _("%(low)s a month until %(until)s, then %(each)s; %(months)s payments in all")
        until = add_months(choice.first_on, choice.low_months - 1)
        low = formatted(choice.low, currency)
        return text % {
            "low": low, "until": date_format(until), "each": each, "months": choice.months,
        }  # fmt: skip
    facts = {"each": each, "months": choice.months}
    facts["sum"] = formatted(overdue - choice.waived.total, currency)
    once = choice.months == 1  # a branch, not a plural: Chinese has one form for all numbers
    if choice.kind == SETTLEMENT and once:
        text = _("%(sum)s in one payment settles it")
    elif choice.kind == SETTLEMENT:
        text = _("%(sum)s in %(months)s payments settles it")
    else:
        text = _("One payment of %(sum)s") if once else _("%(months)s payments of %(each)s a month")
    return text % facts
