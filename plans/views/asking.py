"""The cardholder asks: what there is, choosing, checking, sending, answering."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import PortalRequest, cardholder_required
from accounts.held import Held, own
from accounts.models import CardAccount
from plans import actions, policies, queries
from plans.choosing import Choosing, draft_of, revised_by, too_high
from plans.forms.asking import AnswerForm, OptionForm, WishForm
from plans.forms.kinds import OTHER
from plans.forms.papers import PapersForm
from plans.forms.schedule import PlanForm
from plans.models import Kind, PlanQuestion, PlanRequest
from plans.rules import EQUAL, Choice
from plans.sent import sent
from plans.situation import papers, reading
from plans.situation.queries import situation_of, told_in, told_with
from plans.situation.words import NOT_NOW
from portal.kit.errors import IllegalMove, Refused, Stale
from portal.kit.forms import said
from portal.kit.http import wants_fragment


@cardholder_required
@require_safe
def index(request: PortalRequest) -> HttpResponse:
    asked = list(queries.requests_of(request.user))
    facts = {
        "drafts": [each for each in asked if each.status == PlanRequest.Status.DRAFT],
        "sent": sent(asked),
        "offers": queries.offers_of(request.user),
        "agreements": queries.agreements_of(request.user),
    }
    return render(request, "plans/index.html", facts)


# == choosing


def _kind(request: PortalRequest) -> str:
    sent = request.POST if request.method == "POST" else request.GET
    kind = sent.get("kind", EQUAL)
    return kind if kind in Kind.values else EQUAL


@cardholder_required
@require_http_methods(["GET", "POST"])
def ask(request: PortalRequest, ref: str) -> HttpResponse:
    """Choose a plan, of one kind at a time; POST keeps a draft and goes on to check it."""
    return _if_askable(request, own(request.user, ref), _ask)


def _if_askable(
    request: PortalRequest, held: Held, then: Callable[[PortalRequest, Choosing], HttpResponse]
) -> HttpResponse:
    try:
        actions.check_askable(held.account, revises=revised_by(draft_of(held.account)))
        return then(request, Choosing(held, on=localdate()))
    except Refused as no:
        facts = {"account": held.account, "why": said(no)}
        if no.rule in NOT_NOW:
            facts["instead"] = _(NOT_NOW[no.rule][1])
        return render(request, "plans/cannot_ask.html", facts)


def _ask(request: PortalRequest, choosing: Choosing) -> HttpResponse:
    kind = _kind(request)
    if request.method != "POST":
        return _page(request, choosing, choosing.form(kind))
    if "option" in request.POST or "take" in request.POST:
        options = choosing.option_form(request.POST)
        if options.is_valid():
            words = choosing.draft.reason if choosing.draft else ""
            return _drafted(request, choosing, options.chosen, words)
        return _page(request, choosing, choosing.form(EQUAL), status=422, options=options)
    form = choosing.form(kind, request.POST)
    if isinstance(form, PlanForm) and "wish" in request.POST:
        typed = {"reason": form.typed, "amount": form.each_typed}
        return _page(request, choosing, choosing.form(OTHER, typed=typed))
    if form.is_valid():
        return _drafted(request, choosing, form.chosen, form.cleaned_data["reason"])
    return _page(request, choosing, form, status=422)


def _drafted(
    request: PortalRequest, choosing: Choosing, choice: Choice, reason: str
) -> HttpResponse:
    """Keep what was chosen, and say so if it takes the place of something else."""
    was, account = choosing.draft, choosing.account
    draft = actions.draft(account, choice, reason=reason, by=request.user, at=now())
    if was and was.kind != choice.kind:
        text = _("This takes the place of the other request that you had begun: %(kind)s.")
        messages.info(request, text % {"kind": was.get_kind_display()})
    return redirect("plans:request_page", draft.number)


def _page(
    request: PortalRequest,
    choosing: Choosing,
    form: PlanForm | WishForm,
    *,
    status: int = 200,
    options: OptionForm | None = None,
    **more: Any,
) -> HttpResponse:
    kind = form.kind if isinstance(form, PlanForm) else OTHER
    facts = {"account": choosing.account, "choosing": choosing, "form": form, "kind": kind, **more}
    if kind == EQUAL:
        facts["options"] = options or choosing.option_form()
    return render(request, f"plans/{PAGES.get(kind, 'ask_kind')}.html", facts, status=status)


PAGES = {EQUAL: "ask", OTHER: "ask_other"}


@cardholder_required
@require_http_methods(["GET", "POST"])
def preview(request: PortalRequest, ref: str) -> HttpResponse:
    """Work out the payments and keep nothing: a fragment for htmx, else the whole page.

    A GET, as of who changes the language there, goes to the page on which one chooses.
    """
    held = own(request.user, ref)
    if request.method != "POST":
        return redirect(_choosing_page(held.account, _kind(request)))
    if not wants_fragment(request):
        return _if_askable(request, held, _previewed)
    form = Choosing(held, on=localdate()).form(_kind(request), request.POST)
    form.is_valid()
    return render(request, "plans/_quote.html", {"form": form, "previewed": True})


def _choosing_page(account: CardAccount, kind: str) -> str:
    return f"{reverse('plans:request', args=[account.ref])}?kind={kind}"


def _previewed(request: PortalRequest, choosing: Choosing) -> HttpResponse:
    form = choosing.form(_kind(request), request.POST)
    form.is_valid()
    return _page(request, choosing, form, previewed=True)


# == checking, sending, and what becomes of it


def _own(request: PortalRequest, number: str) -> PlanRequest:
    mine = queries.requests_of(request.user).select_related("account__cardholder", "revises")
    return get_object_or_404(mine, number=number)


@cardholder_required
@require_safe
def request_page(request: PortalRequest, number: str) -> HttpResponse:
    """Check your answers while it is a draft; afterwards where it stands."""
    asked = _own(request, number)
    if asked.status == PlanRequest.Status.DRAFT:
        return render(request, "plans/check.html", {"asked": asked, **_told_now(asked)})
    return _standing(request, asked, AnswerForm())


def _told_now(asked: PlanRequest) -> dict[str, Any]:
    """What goes with the request if it is sent now."""
    holder = asked.account.cardholder
    situation = situation_of(holder)
    if situation is None:
        return {"told": None}
    told = told_in(situation, holder)
    return {
        "told": told,
        "about": reading.described(told),
        "files": papers.going_along(holder.pk),
        "too_high": too_high(asked, told, on=localdate()),
    }


def _standing(
    request: PortalRequest, asked: PlanRequest, form: AnswerForm, *, status: int = 200
) -> HttpResponse:
    offer = asked.offers.order_by("-pk").first()
    questions = list(asked.questions.all())
    facts = {
        "asked": asked,
        "offer": offer,
        "readable": offer is not None and offer.drafts.exists(),
        "question": next((each for each in questions if each.answered_at is None), None),
        "answered": [each for each in questions if each.answered_at],
        "answer_form": form,
        "told": told_with(asked),
        "needed_by": _needed_by(asked),
        **_papers(asked),
    }
    return render(request, "plans/request.html", facts, status=status)


def _papers(asked: PlanRequest) -> dict[str, Any]:
    """The files that went with it, and the form that adds some while the bank looks at it."""
    shelf = papers.shelf_with(asked, at=now())
    return {"shelf": shelf, "adding": PapersForm(consented=bool(shelf.files))}


def _needed_by(asked: PlanRequest) -> date | None:
    """The day by which an offer must be there for the first payment as asked; None once past."""
    if asked.kind == Kind.OTHER or asked.status not in PlanRequest.OPEN:
        return None
    on = localdate()
    day = asked.first_on - timedelta(days=policies.in_force(on).first_after)
    return day if day >= on else None


@cardholder_required
@require_POST
def submit(request: PortalRequest, number: str) -> HttpResponse:
    asked = _own(request, number)
    try:
        actions.submit(asked, by=request.user, at=now())
    except (Stale, IllegalMove):
        pass  # sent already: the page says so
    except Refused as no:
        messages.error(request, said(no))
        return redirect(_choosing_page(asked.account, asked.kind))
    return redirect("plans:request_page", number)


@cardholder_required
@require_POST
def withdraw(request: PortalRequest, number: str) -> HttpResponse:
    asked = _own(request, number)
    try:
        actions.withdraw_request(asked, by=request.user, at=now())
    except (Stale, IllegalMove):
        messages.info(
            request, _("This request has moved on meanwhile. Here is where it stands now.")
        )
    return redirect("plans:request_page", number)


@cardholder_required
@require_http_methods(["GET", "POST"])
def answer(request: PortalRequest, number: str) -> HttpResponse:
    """Answer what the bank asks about a request; a GET goes to the page that asks."""
    asked = _own(request, number)
    if request.method != "POST":
        return redirect("plans:request_page", number)
    question = asked.questions.filter(answered_at=None).first()
    form = AnswerForm(request.POST)
    if question is None or asked.status not in PlanRequest.OPEN:
        messages.info(request, _("There is no question open any more. Here is where it stands."))
    elif not form.is_valid():
        return _standing(request, asked, form, status=422)
    else:
        _answered(request, question, form.cleaned_data["answer"])
    return redirect("plans:request_page", number)


def _answered(request: PortalRequest, question: PlanQuestion, text: str) -> None:
    try:
        actions.answer_question(question, text, by=request.user, at=now())
        messages.success(request, _("Your answer has been sent."))
    except Stale:
        messages.info(
            request, _("This request has moved on meanwhile. Here is where it stands now.")
        )
