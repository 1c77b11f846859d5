"""The clauses about what else follows in law; some only under one law (CN, US, UK)."""

from typing import Any

from django.utils.translation import gettext as _

from plans.agreement.facts import Clause
from plans.agreement.terms import Terms


def clauses(terms: Terms, facts: dict[str, Any]) -> list[Clause]:
    only = {"us": _e_records, "uk": _advice}.get(terms.law)
    return [
        _limitation(facts),
        _credit_report(facts),
        _disclosure(),
        _wrong(facts),
        *([only(facts)] if only else []),
        _signing(),
    ]


def _limitation(facts: dict[str, Any]) -> Clause:
    said = {
        "limitation": _("By signing you acknowledge the sum in this agreement. The period of %(limitation_years)s years in which the bank may claim it in court starts again, and with instalments it runs from the day the last one is due.") % facts,
    }  # fmt: skip
    return Clause(_("What signing means for time limits"), said, key=True)


def _credit_report(facts: dict[str, Any]) -> Clause:
    said = {
        "credit_report": _("The bank goes on reporting the account truthfully during the plan. An overdue entry is shown for %(record_years)s years from the day on which the overdue sum is settled, and is then deleted. Nobody can have a true entry removed for money.") % facts,
    }  # fmt: skip
    return Clause(_("Your credit report"), said, key=True)


def _disclosure() -> Clause:
    said = {
        "disclosure": _("This is an individual instalment agreement for card debt that exceeds what you can repay at once. It is a contract of its own, not bundled with any other. You asked for it, the bank examined it and made this offer, and it takes effect when you sign. Its risk is that missed payments can end it, as said above. By signing you confirm that you have read and understood this."),
    }  # fmt: skip
    return Clause(_("What kind of agreement this is"), said)


def _wrong(facts: dict[str, Any]) -> Clause:
    said = {
        "complaints": _("Call %(phone)s. You can object to any figure, ask for a review, turn to the financial regulator or a mediation body, or go to court.") % facts,
        "privacy": _("The bank uses your name, identity number, contact details and account data to carry out this agreement and keeps them for as long as the law requires. It gives them only to those who work for it on this account and to the credit bureau. You can ask to see and correct them."),
    }  # fmt: skip
    return Clause(_("If something is wrong"), said)


def _e_records(facts: dict[str, Any]) -> Clause:
    """US-16. Source: 15 USC 7001(c)."""
    said = {
        "e_records": _("If you agree, you receive this agreement and what belongs to it (reminders, notices, receipts and certificates) electronically instead of on paper: in this portal, with a message to your e-mail address. This consent covers this agreement and nothing else."),
        "e_records_paper": _("You can have any of it on paper at no charge: call %(phone)s. You can also sign on paper instead.") % facts,
        "e_records_withdraw": _("You can withdraw this consent at any time by calling %(phone)s, at no cost. What comes later is then sent on paper; the agreement and what was sent before stay valid. You can change your e-mail address in your profile.") % facts,
        "e_records_needs": _("You need an up-to-date browser, an e-mail address, and a program that shows PDF files. When you tick that you agree to sign electronically, you confirm that you could open this document and keep a copy. The tick and its time are recorded with your signature."),
    }  # fmt: skip
    return Clause(_("Electronic records"), said, key=True)


def _advice(_facts: dict[str, Any]) -> Clause:
    """UK-05. Source: CONC 7.3."""
    said = {
        "debt_advice": _("You can get free, confidential and independent debt advice before or after you sign, for example from MoneyHelper, StepChange, National Debtline or Citizens Advice. Asking them does not end this offer or this agreement."),
        "no_pressure": _("Nobody may press you to sign, to pay in one or a few payments, to pay more than you can afford, or to borrow in order to pay. If that happens, tell us or the Financial Ombudsman Service."),
    }  # fmt: skip
    return Clause(_("Free advice, and no pressure"), said, key=True)


def _signing() -> Clause:
    said = {
        "e_signature": _("You and the bank agree to sign this agreement electronically. You sign either by typing your full name and entering a code that only you can see, or with a passkey on your own device; the passkey's signature covers the fingerprint of this document. The time, the method and the fingerprint of this document are recorded and attached to it. The bank signs with its electronic seal, which shows any later change and never stands for your signature. Both sides accept this as a signature in writing."),
    }  # fmt: skip
    return Clause(_("Signing electronically"), said, key=True)
