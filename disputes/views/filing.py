"""A new case, step by step: the draft is saved at each. templates/disputes/new has a page for each.

What was sent already answers with its case: a second click, or another tab, ends there.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate, now
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import limits
from accounts.access import PortalRequest, cardholder_required
from accounts.models import CardAccount
from accounts.queries import held_by
from disputes import filing_queries as queries
from disputes import lines, rules
from disputes.actions import drafting, filing
from disputes.filing_queries import Pick
from disputes.forms.filing import suggested
from disputes.lines import Contested, Offered
from disputes.models import Dispute, Upload
from disputes.policy import CURRENT
from disputes.queries import cases_of
from disputes.views import filing_steps as steps
from portal.kit.errors import IllegalMove, Refused
from portal.kit.forms import said
from portal.records.documents import Damaged, Gone


@cardholder_required
@require_safe
def start(request: PortalRequest) -> HttpResponse:
    """What will happen, the drafts to go on with, and the accounts to begin for."""
    drafts = list(queries.drafts_of(request.user))
    begun = {draft.account_id for draft in drafts}
    accounts = [each for each in held_by(request.user) if each.pk not in begun]
    context: dict[str, Any] = {"drafts": drafts, "accounts": accounts}
    context["times"] = queries.times(on=localdate())
    return render(request, "disputes/new/start.html", context)


@cardholder_required
@require_http_methods(["GET", "POST"])
def begin(request: PortalRequest, ref: str) -> HttpResponse:
    """Begin for an account, with a line where one was named; POST makes the draft."""
    account = get_object_or_404(held_by(request.user), ref=ref)
    pick = _pick(request, account)
    if request.method == "POST":
        return _begun(request, account, pick)
    draft = queries.drafts_of(request.user).filter(account=account).first()
    if draft and not pick:
        return _to(draft, draft.step)
    other = bool(pick and draft and draft.matter not in ("", rules.MATTER_OF[pick.line.kind]))
    context: dict[str, Any] = {"account": account, "pick": pick, "draft": draft, "other": other}
    context["fills_in"] = bool(pick and pick.fills_in(draft.reason if draft and not other else ""))
    context["times"] = queries.times(on=localdate())
    return render(request, "disputes/new/begin.html", context)


def _pick(request: PortalRequest, account: CardAccount) -> Pick | None:
    """Return the line that the address names; 404 for one that is not there."""
    name, document = request.GET.get("line", ""), request.GET.get("document", "")
    if not name:
        return None
    try:
        pick = (
            queries.cited(request.user, account, document, name, language=get_language() or "")
            if document
            else queries.picked(account, name)
        )
    except (Gone, Damaged) as error:
        raise Http404 from error
    if pick is None:
        raise Http404
    return pick.worth(account, suggested(request.GET.get("right", ""), pick.line))


def _begun(request: PortalRequest, account: CardAccount, pick: Pick | None) -> HttpResponse:
    by, at = request.user, now()
    afresh, begun = "afresh" in request.POST, queries.drafts_of(by).filter(account=account)
    key, hour = f"dispute-draft:{by.pk}", limits.window(at, limits.HOUR)
    if (afresh or not begun.exists()) and not limits.take(
        key, window=hour, most=CURRENT.most_drafts_an_hour
    ):
        messages.error(request, _("You have begun many times. Begin again in an hour."))
        return redirect("disputes:new")
    for old in begun if afresh else ():
        drafting.discard(old, by=by, at=at)
    draft = drafting.begin(account, language=get_language() or "", by=by, at=at)
    step = draft.step
    try:
        if pick:
            step = drafting.add_line(draft, pick, by=by, at=at)
            _say_dropped(request, draft, pick)
    except Refused as no:
        if no.rule == "DISPUTE-MATTER":
            return redirect(request.get_full_path())  # which asks what to do with the draft
        messages.error(request, said(no))
    return _to(draft, step)


def _say_dropped(request: PortalRequest, draft: Dispute, pick: Pick) -> None:
    """Say so if our figure was offered and the reason, chosen before, asks for none."""
    if pick.right is not None and not pick.fills_in(draft.reason):
        text = _(
            "Your draft has a reason already that asks for no amount, so what it should be by our "
            "sums is not filled in. You can choose another reason."
        )
        messages.info(request, text)


def _to(draft: Dispute, step: str) -> HttpResponse:
    if step == "check":
        return redirect("disputes:check", draft.number)
    return redirect("disputes:step", draft.number, step)


def of_draft(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """Fetch the person's own draft; answer for one that was sent, or thrown away."""

    @cardholder_required
    def guarded(request: PortalRequest, /, number: str, **address: str) -> HttpResponse:
        found = get_object_or_404(cases_of(request.user), number=number)
        if found.status != Dispute.Status.DRAFT:
            return _sent(request, found)
        return view(request, found, **address)

    return wraps(view)(guarded)


def _sent(request: PortalRequest, found: Dispute) -> HttpResponse:
    if found.submitted_at:
        return redirect("disputes:case", found.number)
    messages.info(request, _("This draft was thrown away. Nothing of it was sent."))
    return redirect("disputes:new")


# == the steps


@require_http_methods(["GET", "POST"])
@of_draft
def step(request: PortalRequest, draft: Dispute, step: str) -> HttpResponse:
    """One page of the draft. GET shows what is kept; POST keeps it and goes on."""
    order = rules.steps(draft.matter, helped=bool(draft.representative))
    if step not in order or step == "check":
        raise Http404
    if order.index(step) > order.index(draft.step if draft.step in order else "matter"):
        return _to(draft, draft.step)  # what comes before it is not answered yet
    form = steps.FORMS[step](draft, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            follows = steps.save(request, draft, step, form)
            return _turned(request, draft) if "go" in request.POST else _to(draft, follows)
        except IllegalMove:
            draft.refresh_from_db()
            return _sent(request, draft)
        except Refused as no:
            form.add_error("lines" if step == "lines" else None, said(no))
    return _page(request, draft, step, form)


def _turned(request: PortalRequest, draft: Dispute) -> HttpResponse:
    """To another page of the list; the ticks are kept."""
    page = redirect("disputes:step", draft.number, "lines")
    query = QueryDict(mutable=True)
    query["after"] = request.POST["go"]
    page.headers["Location"] += f"?{query.urlencode()}" if request.POST["go"] else ""
    return page


def _page(request: PortalRequest, draft: Dispute, step: str, form: Any) -> HttpResponse:
    order = rules.steps(draft.matter, helped=bool(draft.representative))
    context = {
        "dispute": draft, "account": draft.account, "form": form, "step": step,
        "before": rules.beside(step, order, -1), "changing": draft.step == "check",
        "at": order.index(step) + 1, "of": len(order),
    }  # fmt: skip
    if step == "lines":
        form.show(*_offered(request, draft))
    status = 422 if form.errors else 200
    return render(request, f"disputes/new/{step}.html", context, status=status)


def _offered(request: PortalRequest, draft: Dispute) -> tuple[list[Contested], Offered]:
    """Return the lines chosen so far, whatever page they are on, and a page of the others."""
    chosen = [each.line for each in queries.asked(draft)]
    after = request.GET.get("after", "").replace("\0", "")
    names = [(line.kind, line.key) for line in chosen]
    kinds = rules.KINDS[draft.matter]
    return chosen, lines.contestable(draft.account, kinds, after=after, chosen=names)


# == the end


@require_safe
@of_draft
def check(request: PortalRequest, draft: Dispute) -> HttpResponse:
    """Everything that would be sent, each answer with a way to change it."""
    answers = queries.answers(draft)
    if draft.step != "check" or (gap := rules.first_gap(answers)):
        return _to(draft, draft.step if draft.step != "check" else gap)
    order = rules.steps(draft.matter, helped=answers.helped)
    context = {
        "dispute": draft,
        "account": draft.account,
        "asked": queries.asked(draft),
        "helper": queries.representative(draft),
        "evidence": queries.files_of(draft, Upload.Purpose.EVIDENCE),
        "authority": queries.files_of(draft, Upload.Purpose.AUTHORITY),
        "before": rules.beside("check", order, -1),
        "within": dict(queries.times(on=localdate()))[draft.get_matter_display()],
        "basis": queries.basis(draft),
    }
    return render(request, "disputes/new/check.html", context)


@require_POST
@of_draft
def send(request: PortalRequest, draft: Dispute) -> HttpResponse:
    basis, language = request.POST.get("basis", ""), get_language() or ""
    try:
        filing.send(draft, basis=basis, language=language, by=request.user, at=now())
    except IllegalMove:
        pass  # the second of two clicks
    except Refused as no:
        messages.error(request, said(no))
        return redirect("disputes:check", draft.number)
    return redirect("disputes:case", draft.number)


@require_http_methods(["GET", "POST"])
@of_draft
def discard(request: PortalRequest, draft: Dispute) -> HttpResponse:
    """Throw the draft away, after asking once more."""
    if request.method == "GET":
        return render(request, "disputes/new/discard.html", {"dispute": draft})
    try:
        drafting.discard(draft, by=request.user, at=now())
    except IllegalMove:
        pass  # sent or thrown away meanwhile: say which
    draft.refresh_from_db()
    return _sent(request, draft)
