"""What the complaint handlers read: the queue, and a case with all that belongs to it."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import PortalRequest, log_staff_view, staff_required
from accounts.masking import masked_facts
from accounts.models import User
from accounts.models.people import Role
from accounts.stored import from_store
from disputes import corrections, staff_case, staff_trail, terms
from disputes import queries as told
from disputes import staff_queries as queries
from disputes.actions import deciding
from disputes.files import TAKES
from disputes.forms import staff as forms
from disputes.forms.deciding import SettleForm, over_words
from disputes.models import Dispute, Extension
from disputes.rules import Representative
from portal.kit.http import download
from portal.records import documents

READERS = (*queries.HANDLERS, Role.AUDITOR)


@staff_required(*READERS)
@require_safe
def queue(request: PortalRequest) -> HttpResponse:
    """Cases by their clock, a tab at a time; every look at the list is written down."""
    today, auditor = localdate(), request.user.role == Role.AUDITOR
    wanted = queries.QueueFilter.of(request.GET, usual="open" if auditor else "mine")
    page = queries.queue_page(request.user, wanted, after=request.GET.get("after", ""), on=today)
    log_staff_view(request, "disputes.queue")
    supervisor = request.user.role == Role.SUPERVISOR
    context = {
        "wanted": wanted,
        "tabs": queries.tabs(request.user, on=today),
        "rows": [(row, masked_facts(row.case.account.cardholder.person)) for row in page.rows],
        "after": page.after,
        "matters": Dispute.Matter.choices,
        "handlers": queries.handlers() if supervisor else None,
    }
    return render(request, "disputes/staff/queue.html", context)


@staff_required(*READERS)
@require_safe
def case(request: PortalRequest, number: str) -> HttpResponse:
    return case_page(request, found(number, request.user))


def found(number: str, user: User) -> Dispute:
    """Return a case that was sent, for who may read it: never the one it may be about.

    Errors: Http404; PermissionDenied, whose page says that a colleague handles it.
    """
    dispute = get_object_or_404(queries.cases(), number=number)
    check_apart(dispute, user)
    return dispute


def check_apart(dispute: Dispute, user: User) -> None:
    """Keep out whom the case may be about. Errors: PermissionDenied with a sentence."""
    if queries.kept_from(user, [dispute]):
        raise PermissionDenied(
            _(
                "This case is your own, or you made contact with this cardholder to collect. "
                "A colleague without a part in it handles it."
            )
        )


def case_page(request: PortalRequest, dispute: Dispute, **given: Form) -> HttpResponse:
    """The whole case; `given`: forms with errors, by the name under which the page has them."""
    log_staff_view(request, dispute)
    decisions = list(dispute.decisions.prefetch_related("rulings__line").order_by("pk"))
    if dispute.status not in Dispute.LIVE:  # a proposal that nobody answers any more
        decisions = [each for each in decisions if each.status != each.Status.PROPOSED]
    context = basics(dispute) | {
        "lines": staff_case.line_views(dispute, decisions),
        "around": staff_case.around(dispute),
        "thread": staff_trail.thread(dispute),
        "helper": Representative.read(dispute.representative),
        "decisions": decisions,
        "letters": told.post_of(dispute),
        "deadlines": staff_case.deadlines(dispute),
        "corrections": _corrections(request, dispute, given),
        "history": staff_trail.trail(dispute, decisions),
    }
    context |= _to_do(request, dispute) | given
    return render(request, "disputes/staff/case.html", context, status=422 if given else 200)


def _corrections(
    request: PortalRequest, dispute: Dispute, given: dict[str, Form]
) -> list[tuple[corrections.Row, bool, Form | None]]:
    """Each with whether it is late, and a form for the supervisor to settle it otherwise."""
    found: list[tuple[corrections.Row, bool, Form | None]] = []
    bound = given.get("settle_form")
    for row in corrections.of(dispute):
        form: Form | None = None
        if request.user.role == Role.SUPERVISOR and not row.done_at:
            form = SettleForm(prefix=f"settle-{row.correction.pk}")
            form = bound if bound and bound.prefix == form.prefix else form
        found.append((row, row.late(localdate()), form))
    return found


def basics(dispute: Dispute) -> dict[str, Any]:
    """What each page about one case shows of it."""
    account = dispute.account
    return {
        "dispute": dispute,
        "account": account,
        "person": masked_facts(account.cardholder.person),
        "clock": queries.clock(dispute, on=localdate()),
        "terms": staff_case.terms(account),
    }


def _to_do(request: PortalRequest, dispute: Dispute) -> dict[str, Any]:
    """What this person may do now, with the forms for it."""
    user, live = request.user, dispute.status in Dispute.LIVE
    acts, supervisor = user.role in queries.HANDLERS, user.role == Role.SUPERVISOR
    mine = acts and live and dispute.taken_by_id == user.pk
    works = mine and queries.has_declared(dispute, user)
    waiting = queries.proposed(dispute) if live else None
    asked = dispute.extensions.filter(status=Extension.Status.ASKED).first() if live else None
    stands = dispute.pauses.filter(until_on=None).first() if live else None
    basis = {"basis": deciding.basis_of(dispute)} if waiting else {}
    sheet = deciding.letter_of(waiting, at=now()) if supervisor and waiting else None
    return {
        "acts": acts,
        "takes_files": acts and dispute.status in TAKES,
        "works": works,
        "may_take": acts and live and not works,
        "may_ask": works and not waiting and dispute.status == Dispute.Status.IN_REVIEW,
        "may_decide": works and not waiting and dispute.status in deciding.DECIDABLE,
        "may_extend": works and not asked and _can_grow(dispute),
        "proposed": waiting,
        "over": _over(dispute, waiting),
        "sheet": sheet,
        "blocks": staff_case.blocks(sheet) if sheet else [],
        "asked_time": asked,
        "stands": stands,
        "may_stop": works and not stands and terms.may_stop(dispute),
        "take_form": forms.TakeForm(prefix="take"),
        "assign_form": forms.AssignForm(prefix="assign", handlers=queries.handlers())
        if supervisor and live and dispute.taken_by_id is None
        else None,
        "message_form": forms.MessageForm(prefix="message"),
        "approve_form": forms.AnswerForm(prefix="approve", initial=basis)
        if supervisor and waiting
        else None,
        "time_form": forms.AnswerForm(prefix="time") if supervisor and asked else None,
        "stop_form": forms.ReasonForm(prefix="clock"),
        "restart_form": forms.RestartForm(prefix="clock", today=localdate()),
    }


def _can_grow(dispute: Dispute) -> bool:
    return dispute.deadline is not None and terms.next_extension(dispute) is not None


def _over(dispute: Dispute, waiting: Any) -> list[str]:
    currency = dispute.account.currency
    return [over_words(code, currency) for code in waiting.over] if waiting else []


@staff_required(*READERS)
@require_safe
@from_store
def letter_pdf(request: PortalRequest, number: str, letter: str) -> FileResponse:
    """A letter of the case as it was sent. The look is written down."""
    dispute = found(number, request.user)
    kept = told.letter_of(dispute, letter)
    if kept is None:
        raise Http404
    log_staff_view(request, dispute)
    return download(documents.read(kept[1]), f"{letter}.pdf")
