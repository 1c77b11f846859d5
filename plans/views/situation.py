"""What a person tells of their means and needs before they ask."""

from typing import Any, NamedTuple

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import queries as ledger
from accounts.access import PortalRequest, cardholder_required
from accounts.models import CardAccount
from plans.choosing import draft_of, revised_by, too_high
from plans.eligibility import Reason
from plans.models import Situation
from plans.queries import offers_of
from plans.situation import actions, askable, papers, queries, reading, rules, words
from plans.situation.forms import FORMS, NeedsForm, PartForm
from plans.situation.rules import Told
from portal.kit.errors import Refused, Stale
from portal.kit.forms import said
from portal.kit.http import wants_fragment


def _account(request: PortalRequest, ref: str) -> CardAccount:
    own = ledger.held_by(request.user).select_related("cardholder")
    return get_object_or_404(own, ref=ref)


@cardholder_required
@require_http_methods(["GET", "POST"])
def start(request: PortalRequest, ref: str) -> HttpResponse:
    """What comes, and the parts with how far each is; POST begins. Or why it cannot be now."""
    account = _account(request, ref)
    draft = draft_of(account)
    revises = revised_by(draft)
    if request.method == "POST":
        actions.begin(account, revises=revises, by=request.user, at=now())
        return redirect("plans:start", ref)
    situation = queries.situation_of(account.cardholder)
    told = queries.told_in(situation, account.cardholder) if situation else Told()
    context: dict[str, Any] = {"account": account, "draft": draft, "told": told}
    context["revises"] = revises
    context["too_high"] = too_high(draft, told, on=localdate()) if draft else None
    context["papers"] = papers.going_along(account.cardholder_id).count()
    if found := askable.reasons(account, revises=revises):
        return render(request, "plans/situation/not_now.html", context | _not_now(request, found))
    if situation is None:
        return render(request, "plans/situation/begin.html", context)
    return render(request, "plans/situation/tasks.html", context | _tasks(account, told))


# == the list of parts


class Task(NamedTuple):
    part: reading.Part
    url: str

    @property
    def is_done(self) -> bool:
        return self.part.state == rules.COMPLETED

    @property
    def is_to_check(self) -> bool:
        return self.part.state == rules.CHECK_AGAIN


def _tasks(account: CardAccount, told: Told) -> dict[str, Any]:
    tasks = {
        section: Task(
            reading.part(told, section), reverse("plans:section", args=[account.ref, section])
        )
        for section in rules.SECTIONS
    }
    return {
        "why": tasks["why"],
        "budget": [tasks[section] for section in rules.BUDGET],
        "needs": tasks["needs"],
        "sums": rules.sums(told) if any(s in told.answers for s in rules.SUMS) else None,
        "left": rules.left_each_month(told),
        "other_currency": told.currency != account.currency,
    }


# == not now


def _not_now(request: PortalRequest, found: list[Reason]) -> dict[str, Any]:
    """The first reason, what to do instead, and where what already runs can be seen."""
    reason = found[0]
    why, instead = words.NOT_NOW[reason.code]
    return {"why": _(why), "instead": _(instead), "see": _where(request, reason)}


def _where(request: PortalRequest, reason: Reason) -> str:
    if reason.what == "agreement":
        return reverse("plans:agreement", args=[reason.number])
    number = reason.number
    if reason.what == "offer":
        number = offers_of(request.user).get(number=number).request.number
    return reverse("plans:request_page", args=[number]) if reason.what else ""


# == one part


@cardholder_required
@require_http_methods(["GET", "POST"])
def section(request: PortalRequest, ref: str, section: str) -> HttpResponse:
    """One part: prefilled with what was told; POST keeps it, or only works out what is left."""
    account = _account(request, ref)
    if section not in FORMS:
        raise Http404
    situation = queries.situation_of(account.cardholder)
    if situation is None:
        return redirect("plans:start", ref)
    told = queries.told_in(situation, account.cardholder)
    form = _form(request.POST if request.method == "POST" else None, section, told, situation)
    if request.method != "POST":
        return _page(request, account, form)
    if wants_fragment(request) or "work_out" in request.POST:
        form.is_valid()
        return _page(request, account, form)
    return _saved(request, account, form)


def _form(data: QueryDict | None, section: str, told: Told, situation: Situation) -> PartForm:
    return FORMS[section](
        data, section=section, told=told, consented=situation.needs_consent_at,
        version=situation.version,
    )  # fmt: skip


def _page(
    request: PortalRequest, account: CardAccount, form: PartForm, status: int = 200, **more: Any
) -> HttpResponse:
    context: dict[str, Any] = {
        "account": account, "form": form, "section": form.section,
        "title": words.TITLES[form.section], "intro": words.INTROS.get(form.section, ""), **more,
    }  # fmt: skip
    if form.section in rules.SUMS:
        told = form.told
        if form.is_bound:
            told = rules.saved(told, form.section, form.answers, finished=True, version=0)
        left = None if form.errors else rules.left_each_month(told)
        context |= {"sums": rules.sums(told), "left": left, "complete": left}
    page = "_left" if wants_fragment(request) and form.section in rules.SUMS else "part"
    if form.section == "needs":
        page = "needs"
    return render(request, f"plans/situation/{page}.html", context, status=status)


def _saved(request: PortalRequest, account: CardAccount, form: PartForm) -> HttpResponse:
    if not form.is_valid():
        return _page(request, account, form, 422)
    if isinstance(form, NeedsForm) and not form.says_something:
        if form.told.versions.get("needs", 0) > form.cleaned_data["version"]:
            return _changed_meanwhile(request, account, form)
        return _forgotten(request, account)
    try:
        told = actions.save(
            account.cardholder, form.section, form.answers,
            finished=request.POST.get("go") != "later", seen=form.cleaned_data["version"],
            consents=bool(form.cleaned_data.get("consent")), by=request.user, at=now(),
        )  # fmt: skip
    except Stale:
        return _changed_meanwhile(request, account, form)
    except Refused as no:
        if "consent" not in form.fields:  # taken back in another window at this moment
            return _changed_meanwhile(request, account, form)
        form.add_error("consent", said(no))
        return _page(request, account, form, 422)
    if told.again > form.told.again:
        titles = [str(words.TITLES[section]) for section in told.again - form.told.again]
        text = _("Kept. Please look again at: %(parts)s. Nothing there was deleted.")
        messages.info(request, text % {"parts": ", ".join(sorted(titles))})
    return redirect("plans:start", account.ref)


def _changed_meanwhile(
    request: PortalRequest, account: CardAccount, form: PartForm
) -> HttpResponse:
    """Show what was typed and what another window saved; sending again replaces that."""
    situation = Situation.objects.get(cardholder=account.cardholder)
    told = queries.told_in(situation, account.cardholder)
    data = request.POST.copy()
    data["version"] = str(situation.version)
    again = _form(data, form.section, told, situation)
    again.is_valid()
    meanwhile = reading.part(told, form.section)
    return _page(request, account, again, 409, meanwhile=meanwhile)


@cardholder_required
@require_POST
def forget_needs(request: PortalRequest, ref: str) -> HttpResponse:
    """Take back the consent that support needs are kept: they are deleted."""
    return _forgotten(request, _account(request, ref))


def _forgotten(request: PortalRequest, account: CardAccount) -> HttpResponse:
    if actions.forget_needs(account.cardholder, by=request.user, at=now()):
        messages.info(request, _("What you told us of support you need is deleted."))
    return redirect("plans:start", account.ref)
