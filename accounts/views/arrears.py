"""What I owe and why, how to pay it; and the same account as staff see it."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django_htmx.middleware import HtmxDetails

from accounts import held as one
from accounts import queries, rules
from accounts.access import PortalRequest, cardholder_required, log_staff_view, staff_required
from accounts.account_page import asked
from accounts.ledger_page import Choice
from accounts.masking import masked_facts
from accounts.models import CardAccount
from accounts.models.people import Role
from portal.kit.context import bank
from portal.kit.money import ZERO, formatted, rounded

READERS = (Role.AGENT, Role.COMPLAINT_HANDLER, Role.SUPERVISOR, Role.AUDITOR)


@require_safe
@cardholder_required
def arrears(request: PortalRequest) -> HttpResponse:
    """Every account of the person: one in full, several as one card each."""
    accounts = list(queries.held_by(request.user))
    standings = queries.standings(accounts)
    planned = [found.account for found in standings if found.on_plan]
    plans = queries.plan_facts(planned, on=localdate()) if planned else {}
    cards = [_card(found, plans.get(found.account.pk)) for found in standings]
    overdue: dict[str, Decimal] = defaultdict(Decimal)  # sums of two currencies never mix
    for card in cards:
        overdue[card["apart"].currency] += card["apart"].overdue
    context = {
        "cards": cards,
        "sums": [formatted(amount, currency) for currency, amount in overdue.items() if amount],
        "plans": len(plans),
    }
    return render(request, "accounts/arrears.html", context)


@require_safe
@cardholder_required
def account(request: PortalRequest, ref: str) -> HttpResponse:
    """One account and its ledger; htmx swaps the ledger alone when the filter changes."""
    held = one.own(request.user, ref)
    page = asked(held, Choice.of(request.GET), on=localdate())
    if _fragment(request):
        return HttpResponse(page.html("accounts/_ledger.html"))
    context = {"account": held.account, "body": page.html("accounts/_account.html")}
    return render(request, "accounts/account.html", context)


@require_safe
@cardholder_required
def pay(request: PortalRequest, ref: str) -> HttpResponse:
    """Where to transfer the money to, and how much would make which difference."""
    found = one.own(request.user, ref)
    held, holds, position = found.account, found.netted, one.standing(found)
    plans = queries.plan_facts([held], on=localdate()) if holds.on_plan else {}
    plan = plans.get(held.pk)
    apart = rules.undisputed(rules.beside(position, plan.to_come) if plan else position)
    sums = {name: getattr(apart, name) for name in ("overdue", "to_be_current", "balance")}
    sums["plan"] = (plan and plan.next_amount) or ZERO
    context = {
        "account": held,
        "position": position,
        "all_held": holds.all_held,
        "plan": plan,
        "apart": apart,
        "plain": {name: rounded(amount, held.currency) for name, amount in sums.items()},
        "qr_text": _transfer_text(held),
        "qr_title": _("The transfer details as a QR code"),
    }
    return render(request, "accounts/pay.html", context)


@require_safe
@staff_required(*READERS)
def staff_account(request: PortalRequest, ref: str) -> HttpResponse:
    """The account as the cardholder sees it, with masked personal facts. The look is logged."""
    held = one.of_anyone(ref)
    page = asked(held, Choice.of(request.GET), on=localdate(), staff=True)
    found = held.account
    log_staff_view(request, found.cardholder)
    if _fragment(request):
        return HttpResponse(page.html("accounts/_ledger.html"))
    context = {
        "account": found,
        "person": masked_facts(found.cardholder.person),
        "facts": page.html("accounts/_staff_facts.html"),
        "body": page.html("accounts/_staff_body.html"),
    }
    return render(request, "accounts/staff_account.html", context)


def _transfer_text(account: CardAccount) -> str:
    """Return what the QR code says, a line each: payee, account number, bank, reference."""
    to = bank()
    return "\n".join([to["payee"], to["payee_account"], to["payee_bank"], account.ref])


def _card(standing: queries.Standing, plan: queries.PlanFacts | None) -> dict[str, Any]:
    apart = rules.beside(standing.position, plan.to_come) if plan else standing.position
    return {
        **standing._asdict(),
        "plan": plan,
        "apart": apart,
        "paused": standing.position.days_past_due - standing.position.days_aged,
        "why": rules.why(standing.position),
        "steps": rules.coming(apart, plan.step if plan else None),
        "annual_percent": rules.annual_percent(standing.account.daily_rate),
    }


def _fragment(request: HttpRequest) -> bool:
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and htmx.target == "ledger"
