"""The clauses about what each side does: duties, missed payments, paying early, changes."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from plans.agreement.facts import Clause
from plans.agreement.terms import Terms


def clauses(terms: Terms, facts: dict[str, Any]) -> list[Clause]:
    return [
        _bank(facts),
        _cardholder(),
        _missed(terms, facts),
        _days_that_do_not_count(),
        _early(terms, facts),
        _changes(terms, facts),
    ]


def _bank(facts: dict[str, Any]) -> Clause:
    said = {
        "collection_stops": _("From your signature on, the bank and everyone who collects for it stop all collection on this account. Reminders of a coming due date and receipts still reach you."),
    }  # fmt: skip
    if facts["agency"]:
        said["agency"] = _("Those who stop include %(agency)s, which looks after the account for the bank.") % facts  # fmt: skip
    said["duties"] = _("The bank enters each payment in your account, shows the state of the plan at any time, and confirms in writing when it is settled.")  # fmt: skip
    return Clause(_("What the bank undertakes"), said, key=True)


def _cardholder() -> Clause:
    said = {
        "duty_to_pay": _("You pay each amount by its due date and tell the bank if your phone, e-mail or address changes."),
        "no_new_card": _("Until every sum in this agreement is settled, you do not apply for a credit card at any bank."),
    }  # fmt: skip
    return Clause(_("What you undertake"), said, key=True)


def _missed(terms: Terms, facts: dict[str, Any]) -> Clause:
    missed = _("A payment that has not arrived in full by its due date counts as missed.")
    if terms.lateness_allowed:
        missed = ngettext("A payment that has not arrived in full %(late)s day after its due date counts as missed.", "A payment that has not arrived in full %(late)s days after its due date counts as missed.", terms.lateness_allowed) % facts  # fmt: skip
    notice = _("When a payment is missed, the bank writes you a notice.")
    if terms.missed_allowed:
        notice = ngettext("When more than %(missed)s payment is missed at the same time, or all that is left to be paid, the bank writes you a notice.", "When more than %(missed)s payments are missed at the same time, or all that is left to be paid, the bank writes you a notice.", terms.missed_allowed) % facts  # fmt: skip
    remedy = ngettext("The notice says what is missing and gives you %(remedy)s day. Within it you can put it right by paying what is missing, or ask for a change; while your request is open, the plan is not ended.", "The notice says what is missing and gives you %(remedy)s days. Within them you can put it right by paying what is missing, or ask for a change; while your request is open, the plan is not ended.", terms.remedy_days) % facts  # fmt: skip
    return Clause(
        _("If a payment is missed"),
        {"missed": missed, "breach": notice, "remedy": remedy, **_ended(terms, facts)},
        key=True,
    )


def _ended(terms: Terms, facts: dict[str, Any]) -> dict[str, str]:
    """What is due then: as plans.keeping.rules.Reckoning counts it (PLAN-WAIVE)."""
    due = _("If it is not put right, the bank may end the plan. What is then due is the %(total)s that this agreement is about, less what you have paid.")  # fmt: skip
    if terms.rate:
        due = _("If it is not put right, the bank may end the plan. What is then due is the %(total)s that this agreement is about and the interest in the payments that were due by then, less what you have paid.")  # fmt: skip
    after = _("The bank tells you the sum and how it was worked out. From that day the card contract's interest and charges apply again, and collection may resume.")  # fmt: skip
    if terms.waived:
        after = _("What the bank gave up counts again. The bank tells you the sum and how it was worked out. From that day the card contract's interest and charges apply again, and collection may resume.")  # fmt: skip
    return {"ended": due % facts, "afterwards": after}


def _days_that_do_not_count() -> Clause:
    said = {
        "clock": _("Days do not count while the account is held because of a dispute that you open after signing, a breathing space, insolvency proceedings or a death. In that time no payment becomes late, no notice is written and the plan is not ended, and the days are added to the time for putting things right. The due dates stay as they are."),
    }  # fmt: skip
    return Clause(_("When days do not count"), said)


def _early(terms: Terms, facts: dict[str, Any]) -> Clause:
    said = {"other": _("You can pay early, in part or in full, at any time and at no charge.")}
    if terms.rate:
        said["early_interest"] = _("Interest is charged only on the sum and for the time that you use. To settle everything on a day, you pay what is left of the sum and the interest up to that day; what you pay beyond the next payment bears no interest from then on. All that arrives on one day counts as one payment.")  # fmt: skip
    said["matching"] = _("What you pay is used for the payments of this plan in their order: for what is due, then for those that come next, however often you pay. What you have paid ahead need not be paid again on its day. If you go on paying each month all the same, the plan ends sooner.")  # fmt: skip
    said["allocation"] = _("In the account, a payment is used for interest and charges first, then for principal, unless the law or the regulator's rules say otherwise.")  # fmt: skip
    return Clause(_("Paying early"), said)


def _changes(terms: Terms, facts: dict[str, Any]) -> Clause:
    said = {}
    if terms.moves_allowed and terms.move_within:
        said["moves"] = ngettext("Once during the plan you can move a coming payment to a later day, by up to %(within)s days and to before the payment that follows it. This costs nothing.", "Up to %(moves)s times during the plan you can move a coming payment to a later day, each payment once, by up to %(within)s days and to before the payment that follows it. This costs nothing.", terms.moves_allowed) % facts  # fmt: skip
    if terms.cooling_off:
        said["cooling_off"] = ngettext("For one day after the day on which you sign, you can take this agreement back at no cost and without a reason. It then ends: what you have paid stays in your account, the rest is owed as before, and collection may resume.", "For %(cooling)s days after the day on which you sign, you can take this agreement back at no cost and without a reason. It then ends: what you have paid stays in your account, the rest is owed as before, and collection may resume.", terms.cooling_off) % facts  # fmt: skip
        if terms.replaces:
            said["cooling_off_replaced"] = _("Agreement %(replaces)s does not come back then.") % facts  # fmt: skip
    said["change"] = _("You can ask for a change at any time. A change needs a new agreement that both sides sign; until then this one goes on, and afterwards it stays as it was and can still be read.")  # fmt: skip
    return Clause(_("Changing or taking back the plan"), said, key="cooling_off" in said)
