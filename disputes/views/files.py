"""Files of a case: handed in, shown, taken back; and what staff see of them."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import PortalRequest, cardholder_required, log_staff_view, staff_required
from accounts.files import serving
from accounts.models.people import Role
from accounts.stored import from_store
from disputes import files
from disputes.forms.files import UploadForm
from disputes.models import Dispute, Upload
from disputes.queries import cases_of
from disputes.views.staff import found
from portal.kit.errors import Refused
from portal.kit.forms import said
from portal.kit.http import wants_fragment

READERS = (Role.COMPLAINT_HANDLER, Role.SUPERVISOR, Role.AUDITOR)


def _own(request: PortalRequest, number: str) -> Dispute:
    found: Dispute = get_object_or_404(cases_of(request.user), number=number)
    return found


@csrf_exempt
@cardholder_required
@serving.takes_files(too_large=lambda request, number: _too_large(request, number))
def index(request: PortalRequest, number: str) -> HttpResponse:
    """The files of a case; POST adds some. htmx says what it has `seen`: 204 until it changes."""
    dispute = _own(request, number)
    if request.method == "POST":
        return _added(request, dispute)
    context = _context(request, dispute, request.GET.get("purpose", ""))
    if not wants_fragment(request):
        return render(request, "disputes/files/index.html", context)
    shelf = files.shelf(dispute, purpose=context["purpose"], at=now())
    if shelf.seen == request.GET.get("seen") and not shelf.slow:
        return HttpResponse(status=204)
    return render(request, "files/_list.html", context | {"shelf": shelf})


def _added(request: PortalRequest, dispute: Dispute) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES)
    if form.is_valid():
        facts = form.cleaned_data
        purpose = facts["purpose"] or Upload.Purpose.EVIDENCE
        kept, errors = serving.keep(
            facts["file"],
            lambda data, name: files.add(
                dispute, data, name=name, by=request.user, at=now(), purpose=purpose,
                sensitive=facts["sensitive"],
            ),
        )  # fmt: skip
    else:
        purpose, kept = request.POST.get("purpose", ""), 0
        errors = [str(error) for told in form.errors.values() for error in told]
    if not errors and not wants_fragment(request):
        text = ngettext("We have received the file.", "We have received %(n)s files.", kept)
        messages.success(request, text % {"n": kept})
        return redirect(_back(request, dispute))
    context = _context(request, dispute, purpose) | {"upload_errors": errors}
    page = "disputes/files/_files.html" if wants_fragment(request) else "disputes/files/index.html"
    return render(request, page, context, status=422 if errors else 200)


def _too_large(request: PortalRequest, number: str) -> HttpResponse:
    dispute = _own(request, number)
    context = _context(request, dispute, request.GET.get("purpose", ""))
    context["upload_errors"] = [serving.too_large()]
    if wants_fragment(request):
        return render(request, "disputes/files/_files.html", context, status=422)
    return render(request, "disputes/files/index.html", context, status=413)


def _context(request: PortalRequest, dispute: Dispute, purpose: str) -> dict[str, Any]:
    if purpose not in Upload.Purpose.values:
        purpose = Upload.Purpose.EVIDENCE
    return {"dispute": dispute, "purpose": purpose, "back": _back(request, dispute)}


def _back(request: PortalRequest, dispute: Dispute) -> str:
    """Return the page that the files were added on: one of the case's own, never another site."""
    asked = request.GET.get("next", "")
    here = reverse("disputes:index")
    if asked.startswith(here) and url_has_allowed_host_and_scheme(asked, allowed_hosts=None):
        return asked
    if dispute.status == Dispute.Status.DRAFT:
        return reverse("disputes:step", args=[dispute.number, "files"])
    return reverse("disputes:case", args=[dispute.number])


def _upload(dispute: Dispute, ref: object, **facts: object) -> Upload:
    """Return a file of this very case: that of another case is a 404, like one that is not."""
    found: Upload = get_object_or_404(files.files_of(dispute), ref=ref, **facts)
    return found


@cardholder_required
@require_POST
def remove(request: PortalRequest, number: str, ref: str) -> HttpResponse:
    dispute = _own(request, number)
    upload = _upload(dispute, ref)
    try:
        files.remove(upload, by=request.user, at=now())
        messages.success(request, _("The file is removed, and we have deleted it."))
    except Refused as no:
        messages.info(request, said(no))
    return redirect(_back(request, dispute))


@cardholder_required
@require_safe
@from_store
def download_copy(request: PortalRequest, number: str, ref: str) -> FileResponse:
    """The copy that we wrote anew, once it is clean."""
    upload = _upload(_own(request, number), ref, status=Upload.Status.CLEAN)
    return serving.sent(request, upload, at=now())


# == staff


def _as_staff(request: PortalRequest, number: str, ref: str, status: str) -> Upload:
    dispute = found(number, request.user)
    upload = _upload(dispute, ref, status=status)
    log_staff_view(request, dispute.account.cardholder)
    return upload


@staff_required(*READERS)
@require_safe
@from_store
def staff_file(request: PortalRequest, number: str, ref: str) -> FileResponse:
    upload = _as_staff(request, number, ref, Upload.Status.CLEAN)
    return serving.sent(request, upload, at=now())


@staff_required(*READERS)
@require_safe
@from_store
def staff_page(request: PortalRequest, number: str, ref: str, page: int) -> HttpResponse:
    return serving.drawn(_as_staff(request, number, ref, Upload.Status.CLEAN), page)


@staff_required(Role.SUPERVISOR)
@require_http_methods(["GET", "POST"])
def release(request: PortalRequest, number: str, ref: str) -> HttpResponse:
    """Have a file that was held back looked at again, with a reason."""
    upload = _as_staff(request, number, ref, Upload.Status.QUARANTINED)
    act = partial(files.release, upload, by=request.user, at=now())
    back = reverse("disputes:staff_case", args=[number])
    return serving.asked_again(
        request, upload, lambda reason: act(reason=reason), back=back, title=number
    )
