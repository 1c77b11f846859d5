"""The agreement in short: the same facts in the same order wherever plans are compared."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from plans.agreement.facts import facts_of
from plans.agreement.terms import Terms


def in_short(terms: Terms) -> list[tuple[str, str]]:
    """Return label and value of each fact, in the current language."""
    facts = facts_of(terms)
    rows = [
        (_("Each month"), _each_month(terms) % facts),
        (_("Number of payments"), _payments(terms) % facts),
        (_("Last payment"), facts["last"]),
        (_("Interest"), facts["interest"]),
        (_("Annual rate"), _annual_rate(terms) % facts),
        (_("Total to pay"), facts["payable"]),
    ]
    if terms.waived:
        rows.append((_("Given up by the bank"), _("%(waived)s, if the plan is kept") % facts))
    if terms.review_on:
        rows.append((_("Stays owed"), _("%(waits)s, looked at again on %(review)s") % facts))
    return rows


def _each_month(terms: Terms) -> str:
    if terms.low_months:
        return ngettext("%(low)s for the first payment, then %(each)s", "%(low)s for the first %(low_months)s payments, then %(each)s", terms.low_months)  # fmt: skip
    if terms.dues[-1].amount != terms.dues[0].amount:
        return _("%(each)s, the last %(last_amount)s")
    return "%(each)s"


def _annual_rate(terms: Terms) -> str:
    """A plan with a review bears no interest itself; the rest of what is overdue does."""
    if terms.review_on:
        return _(
            "%(rate)s%%, of these payments only. On the rest, interest and charges go on as the "
            "card contract says."
        )
    return "%(rate)s%%"


def _payments(terms: Terms) -> str:
    if len(terms.dues) == 1:
        return _("1, on %(first)s")
    return _("%(months)s, the first on %(first)s")
