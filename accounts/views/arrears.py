"""What I owe and why, how to pay it; and the same account as staff see it."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django_htmx.middleware import HtmxDetails

from accounts import queries, rules
from accounts.access import PortalRequest, cardholder_required, log_staff_view, staff_required
from accounts.ledger_page import Choice, account_page
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
    plans = queries.plan_facts(accounts, on=localdate())
    cards = [_card(found, plans.get(found.account.pk)) for found in queries.standings(accounts)]
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
    held = get_object_or_404(queries.held_by(request.user), ref=ref)
    page = account_page(held, Choice.of(request.GET), on=localdate())
    name = "accounts/_ledger.html" if _fragment(request) else "accounts/account.html"
    return render(request, name, {"page": page, "account": held, "position": page.position})


@require_safe
@cardholder_required
def pay(request: PortalRequest, ref: str) -> HttpResponse:
    """Where to transfer the money to, and how much would make which difference."""
    held = get_object_or_404(queries.held_by(request.user), ref=ref)
    standing = queries.standings([held])[0]
    position = standing.position
    plan = queries.plan_facts([held], on=localdate()).get(held.pk)
    apart = rules.undisputed(rules.beside(position, plan.to_come) if plan else position)
    sums = {name: getattr(apart, name) for name in ("overdue", "to_be_current", "balance")}
    sums["plan"] = (plan and plan.next_amount) or ZERO
    context = {
        "account": held,
        "position": position,
        "all_held": standing.all_held,
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
    found = get_object_or_404(CardAccount.objects.select_related("cardholder"), ref=ref)
    page = account_page(found, Choice.of(request.GET), on=localdate())
    log_staff_view(request, found.cardholder)
    name = "accounts/_ledger.html" if _fragment(request) else "accounts/staff_account.html"
    context = {"page": page, "account": found, "position": page.position}
    return render(request, name, context | {"person": masked_facts(found.cardholder.person)})


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
        "why": rules.why(standing.position),
        "steps": rules.coming(apart, plan.step if plan else None),
        "annual_percent": rules.annual_percent(standing.account.daily_rate),
    }


def _fragment(request: HttpRequest) -> bool:
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and htmx.target == "ledger"
