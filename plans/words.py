"""What a point of the policy is called, and what it says of a plan: one plain sentence each."""

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_DOWN, Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.checks import Check
from portal.kit import money
from portal.kit.exact import percent

VERDICTS = {
    "ok": pgettext_lazy("of a check", "Within the policy"),
    "second": pgettext_lazy("of a check", "A second person must agree"),
    "no": pgettext_lazy("of a check", "Outside the policy"),
}
NAMES = {
    "months": _("Length"),
    "settlement_payments": _("Payments of the settlement"),
    "token_months": _("Length until the review"),
    "review_on": _("Day of the review"),
    "least": _("Smallest payment"),
    "paid_once": _("Smallest payment"),
    "first_on": _("First payment"),
    "deferral": _("First payment"),
    "rate": _("Interest"),
    "waived_principal": _("Principal given up"),
    "waived_interest": _("Interest given up"),
    "waived_default_sum": _("Late payment charges given up"),
    "waived_fees": _("Other fees given up"),
    "agent_most": _("Sum of the plan"),
    "share": _("Share of what is left each month"),
    "share_beside": _("Share of what is left each month"),
}
MISSING = "missing"  # instead of a verdict: a figure is not known or not set
WAIVED: dict[str, dict[str, object]] = {
    "waived_principal": {
        "ok": _("Of the principal, %(value)s is given up; up to %(limit)s may be."),
        "second": _(
            "Of the principal, %(value)s is given up. Above %(limit)s a second person must agree."
        ),
        "no": _("Of the principal, %(value)s would be given up; nobody may go above %(limit)s."),
    },
    "waived_interest": {
        "ok": _("Of the interest, %(value)s is given up; up to %(limit)s may be."),
        "second": _(
            "Of the interest, %(value)s is given up. Above %(limit)s a second person must agree."
        ),
        "no": _("Of the interest, %(value)s would be given up; nobody may go above %(limit)s."),
    },
    "waived_default_sum": {
        "ok": _("Of the late payment charges, %(value)s is given up; up to %(limit)s may be."),
        "second": _(
            "Of the late payment charges, %(value)s is given up. "
            "Above %(limit)s a second person must agree."
        ),
        "no": _(
            "Of the late payment charges, %(value)s would be given up; "
            "nobody may go above %(limit)s."
        ),
    },
    "waived_fees": {
        "ok": _("Of the other fees, %(value)s is given up; up to %(limit)s may be."),
        "second": _(
            "Of the other fees, %(value)s is given up. Above %(limit)s a second person must agree."
        ),
        "no": _("Of the other fees, %(value)s would be given up; nobody may go above %(limit)s."),
    },
}
SENTENCES: dict[str, dict[str, object]] = {
    "months": {
        "ok": _("The number of monthly payments is %(value)s; the most allowed is %(limit)s."),
        "no": _("The number of monthly payments is %(value)s, more than the %(limit)s allowed."),
    },
    "settlement_payments": {
        "ok": _("The number of payments to settle is %(value)s; the most allowed is %(limit)s."),
        "no": _("The number of payments to settle is %(value)s, more than the %(limit)s allowed."),
    },
    "token_months": {
        "ok": _("The number of small payments is %(value)s; the most allowed is %(limit)s."),
        "no": _("The number of small payments is %(value)s, more than the %(limit)s allowed."),
    },
    "review_on": {
        "ok": _("What is left is looked at again on %(value)s, by %(limit)s at the latest."),
        "no": _(
            "What is left would be looked at again on %(value)s. The review must fall between the "
            "first payment and %(limit)s."
        ),
        MISSING: _("No day is set for the review. It must be %(limit)s or earlier."),
    },
    "least": {
        "ok": _("The smallest regular payment is %(value)s; the least allowed is %(limit)s."),
        "second": _(
            "The small payments are %(value)s. Below %(limit)s a second person must agree."
        ),
        "no": _("The smallest regular payment is %(value)s, below the least allowed, %(limit)s."),
    },
    "paid_once": {
        "ok": _("The plan is one payment of %(value)s, so the least of %(limit)s does not apply."),
    },
    "first_on": {
        "ok": _("The first payment is on %(value)s; the earliest day allowed is %(limit)s."),
        "no": _("The first payment is on %(value)s, too early: %(limit)s is the earliest day."),
    },
    "deferral": {
        "ok": _("The first payment is put off to %(value)s; it may be put off to %(limit)s."),
        "no": _("The first payment is put off to %(value)s, later than the %(limit)s allowed."),
    },
    "rate": {
        "ok": _("Interest while the plan is kept is %(value)s a year, one of the rates allowed."),
        "no": _(
            "Interest while the plan is kept is %(value)s a year. The rates allowed are: %(limit)s."
        ),
    },
    **WAIVED,
    "agent_most": {
        "ok": _("The overdue sum is %(value)s; up to %(limit)s one person may decide."),
        "second": _(
            "The overdue sum is %(value)s. Above %(limit)s a second person must agree."
        ),
        MISSING: _(
            "The overdue sum is %(value)s. No limit is set for this currency, so a second person "
            "must agree."
        ),
    },
    "share": {
        "ok": _("The highest payment is %(value)s; what is left each month allows for %(limit)s."),
        "second": _(
            "The highest payment is %(value)s. Above %(limit)s of what is left each month a "
            "second person must agree."
        ),
        MISSING: _("What is left each month was not told, so it was not compared."),
    },
    "share_beside": {
        "ok": _(
            "The highest payment is %(value)s. Other plans take part of what is left each month "
            "already; what remains allows for %(limit)s."
        ),
        "second": _(
            "The highest payment is %(value)s. Other plans take part of what is left each month "
            "already: above %(limit)s a second person must agree."
        ),
    },
}  # fmt: skip


def sentence(check: Check, currency: str) -> str:
    """Return what a check says, with its figures. `currency`: of the amounts."""
    kinds = SENTENCES[check.code]
    missing = MISSING in kinds and (check.value is None or check.limit is None)
    text = str(kinds[MISSING if missing else check.verdict])
    shown = _percent if check.code == "rate" else _figure
    return text % {"value": shown(check.value, currency), "limit": shown(check.limit, currency)}


def name(code: str) -> str:
    """Return what a point is called, for the heading of its row."""
    return str(NAMES[code])


def percents(shares: Sequence[Decimal]) -> str:
    return ", ".join(percent(share) for share in shares)


def _percent(value: object, currency: str) -> str:
    return percents(value) if isinstance(value, tuple) else percent(Decimal(str(value)))


def _figure(value: object, currency: str) -> str:
    """Amounts are cut, not rounded: nobody reads a limit as higher than it is."""
    if isinstance(value, Decimal):
        return money.formatted(value.quantize(money.unit(currency), ROUND_DOWN), currency)
    return date_format(value) if isinstance(value, date) else str(value)
