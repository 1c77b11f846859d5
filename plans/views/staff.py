"""The agents' pages about plans. Supervisors act as agents; auditors and handlers read."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import queries as ledger
from accounts.access import PortalRequest, log_staff_view, staff_required
from accounts.history import history
from accounts.masking import masked_facts
from accounts.models import User
from accounts.models.people import Role
from plans import actions, basis, queries, weighing, words
from plans.agreement import Terms
from plans.basis import Row
from plans.forms.deciding import FINDINGS, OfferForm
from plans.forms.reasons import QuestionForm, RefuseForm, ReturnForm, WithdrawOfferForm
from plans.models import Kind, Offer, PlanRequest
from plans.rules import Choice
from plans.situation import papers
from plans.weighing import Ground, Weighed
from portal.kit.errors import IllegalMove, Refused, Stale
from portal.kit.forms import said

READERS = (Role.AGENT, Role.SUPERVISOR, Role.AUDITOR)
DECIDERS = (Role.AGENT, Role.SUPERVISOR)


@staff_required(*READERS)
@require_safe
def queue(request: PortalRequest) -> HttpResponse:
    """Requests that wait, oldest first, a page at a time; and what was decided lately."""
    facts = {
        "tabs": queries.tabs(request.user),
        "page": queries.queue_page(after=request.GET.get("after", "")),
        "preparing": queries.offers_to_render(),
        "decided": queries.lately_decided(),
    }
    log_staff_view(request, "plans.queue")
    return render(request, "plans/staff_queue.html", facts)


@staff_required(*READERS)
@require_safe
def second(request: PortalRequest) -> HttpResponse:
    """Offers that wait for a second person, oldest first, a page at a time."""
    waiting = queries.second_page(after=request.GET.get("after", ""))
    rows = [(offer, [words.name(code) for code in offer.second]) for offer in waiting.rows]
    log_staff_view(request, "plans.second")
    facts = {"tabs": queries.tabs(request.user), "rows": rows, "after": waiting.after}
    return render(request, "plans/staff_second.html", facts)


@staff_required(*READERS)
@require_safe
def request_page(request: PortalRequest, number: str) -> HttpResponse:
    return page(request, found(number))


@staff_required(*DECIDERS)
@require_POST
def take(request: PortalRequest, number: str) -> HttpResponse:
    """Take a request from whoever had it on the page (`from`; empty: nobody)."""
    asked = found(number)
    if asked.taken_by == request.user:  # the second of two clicks
        return redirect("plans:staff_request", number)
    try:
        if request.POST.get("from", "") != str(asked.taken_by_id or ""):
            raise Stale(asked.pk)
        actions.take(asked, by=request.user, at=now())
    except Refused as no:
        messages.error(request, said(no))
    except (Stale, IllegalMove):
        messages.info(request, _("A colleague was first. Here is where it stands now."))
    return redirect("plans:staff_request", number)


# == the page of a request, which every act comes back to


def found(number: str) -> PlanRequest:
    return get_object_or_404(queries.all_requests(), number=number)


@dataclass(frozen=True)
class Bound:
    """The forms of the page that were sent; the others are empty."""

    offer: OfferForm | None = None
    question: QuestionForm | None = None
    refuse: RefuseForm | None = None
    send_back: ReturnForm | None = None
    withdraw: WithdrawOfferForm | None = None

    @property
    def failed(self) -> bool:
        return any(isinstance(form, forms.Form) and form.errors for form in vars(self).values())


def offer_form(
    asked: PlanRequest, ground: Ground, data: Any = None, *, deciding: bool = True
) -> OfferForm:
    """Return the form of an offer; it carries the figures that the page shows."""
    seen = basis.seen(ledger.position(asked.account)).text
    shown = papers.seen(asked)
    initial = {"basis_version": asked.account.version, "seen": seen, "papers": shown}
    return OfferForm(data, initial=initial, asked=asked, ground=ground, deciding=deciding)


def page(
    request: PortalRequest,
    asked: PlanRequest,
    bound: Bound | None = None,
    *,
    ground: Ground | None = None,
    changed: list[Row] | None = None,
    status: int = 0,
) -> HttpResponse:
    """Show a request. `changed`: the figures that the agent saw, beside those of now."""
    bound = bound or Bound()
    ground = ground or weighing.ground(asked, asked.account, on=localdate())
    log_staff_view(request, asked.account)
    own_case = is_own_case(asked, request.user)
    form = bound.offer or offer_form(asked, ground)
    basis_now = {name: form.initial[name] for name in ("basis_version", "seen", "papers")}
    offers = asked.offers.select_related("account", "request", "made_by", "approved_by")
    offer = offers.order_by("-pk").first()
    shelf = papers.staff_shelf(asked, at=now())
    files = [each.upload for each in shelf.files]
    facts = {
        **_account_facts(asked, ground),
        **checks_facts(request, asked, ground, form),
        "offer": offer,
        "offer_form": form,
        "question_form": bound.question or QuestionForm(prefix="question"),
        "refuse_form": bound.refuse or RefuseForm(prefix="refuse", initial=basis_now),
        "return_form": bound.send_back or ReturnForm(prefix="return"),
        "withdraw_form": bound.withdraw or WithdrawOfferForm(prefix="withdraw"),
        "may_decide": request.user.role in DECIDERS and not own_case,
        "own_case": own_case,
        "mine": asked.taken_by_id == request.user.pk,
        "changed": changed,
        "figures_differ": any(row.differs for row in changed or ()),
        "shelf": shelf,
        "papers_seen": form.initial["papers"],
        "history": history([asked, *asked.offers.all(), *files], queries.HAPPENED),
    }
    if offer and offer.status == Offer.Status.PROPOSED:
        facts |= _proposed_facts(request, offer, ground, own_case=own_case)
    failed = 422 if bound.failed else 200
    return render(request, "plans/staff_request.html", facts, status=status or failed)


def is_own_case(asked: PlanRequest, user: User) -> bool:
    """Tell whether nobody but a colleague may decide."""
    try:
        actions.check_duty(asked, user)
    except Refused:
        return True
    return False


def _account_facts(asked: PlanRequest, ground: Ground) -> dict[str, Any]:
    account = asked.account
    asked_about = list(queries.questions(asked))
    return {
        "asked": asked,
        "account": account,
        "position": ledger.position(account),
        "divisible": ground.position.overdue,
        "person": masked_facts(account.cardholder.person),
        "told": ground.told,
        "questions": asked_about,
        "question_waits": any(one.answered_at is None for one in asked_about),
        "holds": [hold for hold in ledger.all_holds(account) if not hold.until_at],
        "disputed": ledger.disputed(account),
        "disputes": ledger.dispute_history(account)[-10:],
        "earlier": queries.earlier(asked),
    }


def checks_facts(
    request: PortalRequest, asked: PlanRequest, ground: Ground, form: OfferForm
) -> dict[str, Any]:
    """Weigh the terms in the form, or those asked for; nothing is kept."""
    if form.is_bound:
        form.is_valid()
    choice = form.choice if form.is_bound else asked.choice
    role = weighing.role_of(request.user)
    wrong = "".join(str(error) for error in form.non_field_errors()[:1])
    weighed, no = weigh(choice, ground, role) if choice else (None, wrong)
    return {"weighed": weighed, "not_weighed": no, "currency": ground.currency}


def weigh(choice: Choice, ground: Ground, role: str) -> tuple[Weighed | None, str]:
    """Return a plan weighed; or None, and why it is no plan."""
    if choice.kind == Kind.OTHER:
        return None, ""
    try:
        return weighing.weigh(choice, ground, role=role), ""
    except Refused as no:
        return None, said(no)


def _proposed_facts(
    request: PortalRequest, offer: Offer, ground: Ground, *, own_case: bool
) -> dict[str, Any]:
    """What the second person needs: the offer weighed as of now, and whether it still rests."""
    weighed, no = weigh(offer.choice, ground, weighing.role_of(offer.made_by))
    own = offer.made_by_id == request.user.pk
    gone = offer.basis_version != offer.account.version
    return {
        "proposed": weighed,
        "not_proposed": no,
        "findings": [FINDINGS.get(code, code) for code in offer.request.findings],
        "why_second": [words.name(code) for code in offer.second],
        "may_approve": request.user.role == Role.SUPERVISOR and not (own or own_case),
        "may_return": (own or request.user.role == Role.SUPERVISOR) and not own_case,
        "own_proposal": own,
        "basis_gone": _since(offer, ground) if gone else [],
        "policy_gone": offer.policy_version != ground.policy.version,
    }


def _since(offer: Offer, ground: Ground) -> list[Row]:
    """The figures that an offer was proposed over, beside those of now."""
    terms = Terms.unsealed(offer.number, offer.sealed_terms)
    now_seen = basis.seen(ground.position)
    return basis.beside(basis.of_terms(terms), now_seen, ground.currency)
