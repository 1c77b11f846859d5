"""The cardholder's pages about cases that were sent."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import limits
from accounts import queries as ledger
from accounts.access import PortalRequest, cardholder_required
from accounts.evidence import words
from accounts.models import OverdueRecord
from accounts.stored import from_store
from disputes import case_page, letters, queries
from disputes.actions import answering
from disputes.forms.case import MessageForm, ReviewForm, StatementForm
from disputes.models import Dispute, Letter
from disputes.policy import CURRENT
from portal.kit.errors import IllegalMove, Refused, Stale
from portal.kit.forms import said
from portal.kit.http import download, wants_fragment
from portal.records import documents, proof
from portal.records.models import Document


@cardholder_required
@require_safe
def index(request: PortalRequest) -> HttpResponse:
    """The draft to go on with, the cases that are open, and those that have an answer."""
    page = queries.page_of(request.user, after=request.GET.get("after", ""))
    return render(request, "disputes/index.html", {"page": page, "today": localdate()})


def _case(request: PortalRequest, number: str) -> Dispute:
    found: Dispute = get_object_or_404(queries.sent_by(request.user), number=number)
    return found


def _page(
    request: PortalRequest, dispute: Dispute, form: MessageForm | None = None, status: int = 200
) -> HttpResponse:
    facts: dict[str, Any] = case_page.facts(dispute, on=localdate())
    facts["form"] = form or MessageForm(answers=bool(facts["question"]))
    return render(request, "disputes/case.html", facts, status=status)


@cardholder_required
@require_safe
def case(request: PortalRequest, number: str) -> HttpResponse:
    """Where the case stands. htmx asks for the letters and says what it has `seen`: 204 if no
    more is there."""
    dispute = _case(request, number)
    if not wants_fragment(request):
        return _page(request, dispute)
    post = queries.post_of(dispute)
    if request.GET.get("seen") == queries.seen(post):
        return HttpResponse(status=204)
    facts = {"dispute": dispute, "post": post, "seen": queries.seen(post)}
    return render(request, "disputes/_letters.html", facts)


@cardholder_required
@require_POST
def answer(request: PortalRequest, number: str) -> HttpResponse:
    """Answer the open question, or write of one's own accord."""
    dispute = _case(request, number)
    form = MessageForm(request.POST, answers=queries.open_question(dispute) is not None)
    if form.is_valid() and not limits.take(
        f"dispute-message:{request.user.pk}",
        window=limits.window(now(), limits.HOUR), most=CURRENT.most_messages_an_hour,
    ):  # fmt: skip
        form.add_error(None, _("You have written many messages. Write again in an hour."))
    if form.is_valid():
        try:
            answering.say(dispute, form.cleaned_data["text"], by=request.user, at=now())
        except Refused as no:
            form.add_error(None, said(no))
        else:
            messages.success(request, _("We have your message."))
            return redirect("disputes:case", number)
    return _page(request, dispute, form, status=422)


@cardholder_required
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: PortalRequest, number: str) -> HttpResponse:
    """Say what it means; POST ends the case."""
    dispute = _case(request, number)
    if request.method != "POST":
        if dispute.status not in Dispute.LIVE:
            return redirect("disputes:case", number)
        return render(request, "disputes/withdraw.html", {"dispute": dispute})
    try:
        answering.withdraw(dispute, by=request.user, at=now())
    except (Stale, IllegalMove):
        messages.error(request, _("The case had an answer or had ended before you withdrew it."))
    return redirect("disputes:case", number)


@cardholder_required
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: PortalRequest, number: str) -> HttpResponse:
    """Say what should be looked at again; POST begins the second review."""
    dispute = _case(request, number)
    form = ReviewForm(request.POST if request.method == "POST" else None)
    try:
        answering.check_review(dispute, at=now())
        if form.is_valid():
            answering.ask_review(dispute, form.cleaned_data["text"], by=request.user, at=now())
            return redirect("disputes:case", number)
    except Refused as no:
        if no.rule != "DISPUTE-LINE":  # nothing that was typed can change it
            messages.error(request, said(no))
            return redirect("disputes:case", number)
        form.add_error(None, said(no))
    except (Stale, IllegalMove):
        return redirect("disputes:case", number)  # asked already: the page says so
    facts = {"form": form, **case_page.review_facts(dispute)}
    return render(request, "disputes/review.html", facts, status=422 if form.errors else 200)


# == letters


def _letter(request: PortalRequest, number: str, letter: str) -> tuple[Letter, Document]:
    found = queries.letter_of(_case(request, number), letter)
    if found is None:
        raise Http404
    return found


@cardholder_required
@require_safe
@from_store
def letter_pdf(request: PortalRequest, number: str, letter: str) -> FileResponse:
    row, document = _letter(request, number, letter)
    data = documents.read(document)
    letters.note_download(row, what="pdf", sent=data, by=request.user, at=now())
    return download(data, f"{row.number}.pdf")


@cardholder_required
@require_safe
@from_store
def proof_pack(request: PortalRequest, number: str, letter: str) -> FileResponse:
    """The letter with all that is needed to check it without us."""
    row, document = _letter(request, number, letter)
    data = proof.pack(document, at=now())
    letters.note_download(row, what="proof", sent=data, by=request.user, at=now())
    return download(data, f"{row.number}.zip", "application/zip")


# == a person's own words beside a record (CN-CR-06)


@cardholder_required
@require_http_methods(["GET", "HEAD", "POST"])
def personal_statement(request: PortalRequest, ref: str, period: str) -> HttpResponse:
    """Write, read again, and only then put it beside the record."""
    account = get_object_or_404(ledger.held_by(request.user), ref=ref)
    reported = account.overdue_records.filter(period=period).order_by("-version")
    record: OverdueRecord | None = reported.first()
    if record is None:
        raise Http404
    standing = queries.statement_beside(account.pk, period)
    form = StatementForm(
        request.POST if request.method == "POST" else None, standing=standing is not None,
        initial={"text": standing.text if standing else ""},
    )  # fmt: skip
    facts: dict[str, Any] = {"account": account, "record": record, "form": form}
    facts["standing"] = standing
    facts["month"] = words.month(period)
    if not form.is_valid():
        status = 422 if form.errors else 200
        return render(request, "disputes/statement.html", facts, status=status)
    if "change" in request.POST:  # back from the second page, with what was typed
        facts["form"] = StatementForm(standing=standing is not None, initial=form.cleaned_data)
        return render(request, "disputes/statement.html", facts)
    if not form.cleaned_data["confirmed"]:
        return render(request, "disputes/statement_check.html", facts)
    return _kept(request, ref, period, form.cleaned_data)


def _kept(request: PortalRequest, ref: str, period: str, given: dict[str, Any]) -> HttpResponse:
    account = get_object_or_404(ledger.held_by(request.user), ref=ref)
    key, day = f"dispute-statement:{request.user.pk}", limits.window(now(), limits.DAY)
    if not limits.take(key, window=day, most=CURRENT.most_statements_a_day):
        messages.error(request, _("You have changed your words many times today. Do it tomorrow."))
        return redirect("disputes:personal_statement", ref, period)
    try:
        if given.get("take_back"):
            answering.withdraw_statement(account, period, by=request.user, at=now())
            done = _("Your statement is taken off the record.")
        else:
            answering.add_statement(account, period, given["text"], by=request.user, at=now())
            done = _("Your statement is on its way to the credit bureau.")
        messages.success(request, done)
    except Stale:
        messages.error(request, _("It was changed in another window. This is how it stands now."))
    return redirect("disputes:personal_statement", ref, period)
