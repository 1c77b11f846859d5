"""The clauses about money: what is owed, given up, charged, repaid, and what waits."""

from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from plans import rules
from plans.agreement.facts import Clause
from plans.agreement.terms import Terms
from portal.kit.money import writer


def clauses(terms: Terms, facts: dict[str, Any]) -> list[Clause]:
    return [
        _parties(terms, facts),
        _owed(terms, facts),
        *_given_up(terms, facts),
        _cost(terms, facts),
        _repaid(terms, facts),
        *_waits(terms, facts),
    ]


def _parties(terms: Terms, facts: dict[str, Any]) -> Clause:
    said = {
        "parties": _("%(bank)s (the bank) and %(name)s (the cardholder, called you here, identity document %(id)s).") % facts,
        "card": _("The card ending in %(last4)s, account reference %(ref)s.") % facts,
        "number": _("Agreement %(number)s, version 1.") % facts,
        "made_on": _("The bank made this offer on %(made_on)s.") % facts,
    }  # fmt: skip
    if terms.replaces:
        said["replaces"] = _("This agreement replaces agreement %(replaces)s, which ends when you sign this one. What you had paid by %(as_of)s is taken off the sums below. What the bank gives up is what this agreement says; what that one said of it ends with it.") % facts  # fmt: skip
    return Clause(_("Who agrees, and about which card"), said, key=bool(terms.replaces))


def _owed(terms: Terms, facts: dict[str, Any]) -> Clause:
    about = _(
        "On %(as_of)s the whole balance of the account was %(balance)s. Of this, %(total)s was overdue. This agreement is about the overdue sum; the rest of the balance stays under the card contract."
    )
    parts, whole = _("On %(as_of)s the overdue sum was made up of:"), _("Overdue sum")
    if terms.disputed:
        about = _(
            "On %(as_of)s the whole balance of the account was %(balance)s. Of this, %(overdue)s was overdue. Of the overdue sum, %(disputed)s is in dispute and is not part of this agreement. This agreement is about the remaining %(total)s; the rest of the balance stays under the card contract."
        )
        parts, whole = (
            _("On %(as_of)s the sum of this agreement was made up of:"),
            _("Sum of this agreement"),
        )
    said = {
        "balance": about % facts,
        "currency": _("All amounts are in %(currency)s.") % facts,
        "structure": parts % facts,
    }
    columns, (rows, sums) = (_("Part"), _("Amount")), _structure(terms, whole)
    return Clause(_("What is owed"), said, key=True, columns=columns, rows=rows, sums=sums)


def _structure(terms: Terms, whole: str) -> tuple[list[tuple[str, ...]], tuple[str, ...]]:
    """The parts of what is owed and their sum; then what of each is given up, and what is left."""
    money = writer(terms.currency, get_language())
    rows: list[tuple[str, ...]] = [
        (_("Principal"), money(terms.principal)),
        (_("Interest"), money(terms.interest)),
        (_("Late payment charges"), money(terms.default_sum)),
        (_("Other fees"), money(terms.fees)),
    ]
    total = (whole, money(terms.overdue))
    given_up = [
        (_("Principal given up"), terms.waived_principal),
        (_("Interest given up"), terms.waived_interest),
        (_("Late payment charges given up"), terms.waived_default_sum),
        (_("Other fees given up"), terms.waived_fees),
    ]
    if not terms.waived:
        return rows, total
    rows += [total, *((name, money(-amount)) for name, amount in given_up if amount)]
    left = terms.overdue - terms.waived
    return rows, (pgettext("of an overdue sum", "Left to repay"), money(left))


def _given_up(terms: Terms, facts: dict[str, Any]) -> list[Clause]:
    if not terms.waived:
        return []
    said = {
        "waived": _("The bank gives up %(waived)s of the overdue sum, part by part as shown above, if this plan is kept. When everything agreed has been paid, this is final. Until then the bank does not ask for it.") % facts,
        "waived_if_ended": _("If the plan ends before that, because payments stay missing, because you take it back or because another agreement replaces it, this sum is owed again: what is due is then counted as if nothing had been given up, less what you have paid."),
    }  # fmt: skip
    return [Clause(_("What the bank gives up"), said, key=True)]


def _cost(terms: Terms, facts: dict[str, Any]) -> Clause:
    said = {
        "annual_rate": _("The annual rate of this plan is %(rate)s%%. It is the simple annual rate, worked out from the dates and amounts below.") % facts,
        "total_payable": _("In all you repay %(payable)s.") % facts,
        "total_interest": _("Of this, interest is %(interest)s.") % facts,
        "charges": _("While this plan is kept, the bank charges on the sum in it: interest %(zero)s, annual fee %(zero)s, other fees %(zero)s.") % facts,
    }  # fmt: skip
    if terms.rate:
        said["charges"] = _("While this plan is kept, the bank charges on the sum in it: interest at %(nominal)s%% a year, in all %(interest)s; annual fee %(zero)s; other fees %(zero)s. No interest is charged in advance.") % facts  # fmt: skip
        said["interest_counted"] = _("For each month, interest is a twelfth of the yearly rate on what is then left of the sum, rounded to the smallest unit of the currency. The time from %(made_on)s to the first payment counts in whole months and days, a day as a thirtieth of a month. No interest is charged on interest. Moving a due date or paying late does not raise it.") % facts  # fmt: skip
        if terms.dues[0].amount == terms.dues[0].interest:
            said["interest_carried"] = _("The time before the first payment is long, so the first payment meets interest only. What it leaves of that interest is met by the payments that follow, before they repay the sum, and bears no interest itself.")  # fmt: skip
        said["annual_rate_method"] = _("The annual rate is the rate of one month at which all payments together are worth the sum of %(sum)s, times twelve. It can differ a little from the yearly rate of interest, because payments are rounded and the first period may be longer than a month.") % facts  # fmt: skip
    return Clause(_("What it costs"), said, key=True)


def _repaid(terms: Terms, facts: dict[str, Any]) -> Clause:
    said = {
        "cycle": _("Once a month, in %(months)s payments, the first on %(first)s and the last on %(last)s.") % facts,
    }  # fmt: skip
    if len(terms.dues) == 1:
        said["cycle"] = _("In one payment, on %(first)s.") % facts
    if terms.low_months:
        said["steps"] = ngettext("The first payment is %(low)s; the later ones are %(each)s, and the last takes what remains.", "The first %(low_months)s payments are %(low)s each; the later ones are %(each)s, and the last takes what remains.", terms.low_months) % facts  # fmt: skip
    if terms.waived or terms.waits:
        said["repays"] = _("The payments repay %(sum)s of the sum above.") % facts
    if terms.kind == rules.SETTLEMENT:
        said["settles"] = _("When all of it has been paid, the sum above is settled in full, and the bank asks for nothing more of it.")  # fmt: skip
    said |= {
        "method": _("By transfer to %(payee)s, account %(payee_account)s at %(payee_bank)s, with the reference %(ref)s.") % facts,
        "minimum": _("There is no minimum payment within this plan: less than the amount due leaves a shortfall."),
        "dues": _("Each payment and the day it is due:"),
    }  # fmt: skip
    columns, rows, sums = _schedule(terms)
    return Clause(_("How it is repaid"), said, key=True, columns=columns, rows=rows, sums=sums)


def _schedule(terms: Terms) -> tuple[tuple[str, ...], list[tuple[str, ...]], tuple[str, ...]]:
    money = writer(terms.currency, get_language())
    if not terms.plan_interest:
        rows: list[tuple[str, ...]] = [(date_format(d.on), money(d.amount)) for d in terms.dues]
        return (_("Due on"), _("Amount")), rows, (_("In all"), money(terms.payable))
    columns = (_("Due on"), _("Amount"), pgettext("of a payment", "Of it, interest"))
    rows = [(date_format(due.on), money(due.amount), money(due.interest)) for due in terms.dues]
    return columns, rows, (_("In all"), money(terms.payable), money(terms.plan_interest))


def _waits(terms: Terms, facts: dict[str, Any]) -> list[Clause]:
    if not terms.review_on:
        return []
    said = {
        "waits": _("These are small payments for a time in which you cannot pay more. They repay %(sum)s; the remaining %(waits)s is not repaid by this plan and stays owed. While the plan is kept, nobody collects it before %(review)s.") % facts,
        "waits_interest": _("On the remaining sum, interest and charges go on as the card contract says. Your statements show them, and you can check each of them here."),
        "review": _("On %(review)s this plan ends, and what follows is agreed anew. You can ask for a new plan here, or talk to the bank, before that day. If nothing new has been agreed by then, collection may resume.") % facts,
    }  # fmt: skip
    return [Clause(_("What waits until the review"), said, key=True)]
