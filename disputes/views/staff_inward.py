"""What comes by phone, letter or at a branch about a case that is there: words and papers."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.access import PortalRequest, log_staff_view, staff_required
from accounts.files import serving
from disputes import files, staff_queries, terms
from disputes.actions import answering
from disputes.forms.inward import InwardForm, PapersForm
from disputes.models import Dispute
from disputes.views.staff import basics, found
from disputes.views.staff_intake import moment
from portal.kit.errors import IllegalMove, Refused, Stale
from portal.kit.forms import said


def may(dispute: Dispute) -> list[str]:
    """Return what the case takes now, as disputes.forms.inward.WHAT names it."""
    if dispute.status in Dispute.LIVE:
        return ["answer", "withdraw"]
    return ["review"] if terms.review_until(dispute) else []


@staff_required(*staff_queries.HANDLERS)
@require_http_methods(["GET", "POST"])
def inward(request: PortalRequest, number: str) -> HttpResponse:
    """Take down an answer, a withdrawal or the wish for a second review."""
    dispute = found(number, request.user)
    data = request.POST if request.method == "POST" else None
    start = {"received_on": localdate()}
    form = InwardForm(data, may=may(dispute), today=localdate(), initial=start)
    if form.is_valid():
        try:
            _taken_down(request, dispute, form.cleaned_data)
        except Refused as no:
            form.add_error(None, said(no))
        except (Stale, IllegalMove):
            text = _("Something changed meanwhile. Here is where it stands now.")
            messages.info(request, text)
            return redirect("disputes:staff_case", number)
        else:
            messages.success(request, _("It is taken down."))
            return redirect("disputes:staff_case", number)
    log_staff_view(request, dispute)
    context = basics(dispute) | {"form": form, "may": may(dispute)}
    status = 422 if form.is_bound else 200
    return render(request, "disputes/staff/inward.html", context, status=status)


def _taken_down(request: PortalRequest, dispute: Dispute, told: dict[str, Any]) -> None:
    by, at = request.user, now()
    came = answering.Came(told["channel"], moment(told["received_on"], at=at))
    if told["what"] == "withdraw":
        answering.withdraw(dispute, by=by, at=at, came=came)
    elif told["what"] == "review":
        answering.ask_review(dispute, told["text"], by=by, at=at, came=came)
    else:
        answering.say(dispute, told["text"], by=by, at=at, came=came)


def _too_large(request: PortalRequest, number: str) -> HttpResponse:
    told = [serving.too_large()]
    return _papers(request, found(number, request.user), PapersForm(), told, status=413)


@csrf_exempt
@staff_required(*staff_queries.HANDLERS)
@serving.takes_files(too_large=_too_large)
def papers(request: PortalRequest, number: str) -> HttpResponseBase:
    """Add scans of what came on paper. They go the same way as the cardholder's own files."""
    dispute = found(number, request.user)
    if request.method != "POST":
        return _papers(request, dispute, PapersForm(), [])
    form = PapersForm(request.POST, request.FILES)
    if not form.is_valid():
        return _papers(request, dispute, form, [], status=422)
    facts = form.cleaned_data
    kept, errors = serving.keep(
        facts["file"],
        lambda data, name: files.add(
            dispute, data, name=name, by=request.user, at=now(), purpose=facts["purpose"],
            sensitive=facts["sensitive"],
        ),
    )  # fmt: skip
    if errors:
        return _papers(request, dispute, form, errors, status=422)
    told = ngettext("The file is with the case.", "%(n)s files are with the case.", kept)
    messages.success(request, told % {"n": kept})
    return redirect("disputes:staff_case", number)


def _papers(
    request: PortalRequest, dispute: Dispute, form: PapersForm, errors: list[str],
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    log_staff_view(request, dispute)
    context = basics(dispute) | {
        "form": form, "upload_errors": errors, "takes": dispute.status in files.TAKES,
    }  # fmt: skip
    return render(request, "disputes/staff/papers.html", context, status=status)
