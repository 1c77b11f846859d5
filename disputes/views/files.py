"""Files of a case: handed in, shown, taken back; and what staff see of them."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import PortalRequest, cardholder_required, log_staff_view, staff_required
from accounts.models.people import Role
from accounts.stored import from_store
from disputes.files import actions, apart, names, queries, store
from disputes.files.incoming import Incoming
from disputes.files.problems import LIMITS
from disputes.forms.files import ReleaseForm, UploadForm
from disputes.models import Dispute, Upload
from disputes.policy import CURRENT
from disputes.queries import cases_of
from disputes.views.staff import found
from portal.kit.errors import IllegalMove, Refused, Stale
from portal.kit.forms import said
from portal.kit.http import body_exceeds, download, wants_fragment

READERS = (Role.COMPLAINT_HANDLER, Role.SUPERVISOR, Role.AUDITOR)
MOST_AT_ONCE = (
    CURRENT.most_files * CURRENT.largest_file + 100_000  # not of the law: room for the form itself
)  # not of the law: bytes, the form too
View = Callable[..., HttpResponseBase]


def takes_files(*, too_large: View) -> Callable[[View], View]:
    """Answer a request that is too long before it is read; the rest goes to the evidence volume.

    The CSRF check reads the form, so it comes after: put csrf_exempt outermost.
    """

    def decorate(view: View) -> View:
        guarded = csrf_protect(view)

        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def with_files(request: PortalRequest, number: str) -> HttpResponseBase:
            if request.method == "POST":
                if "HTTP_TRANSFER_ENCODING" in request.META:  # Django would read nothing of it
                    return HttpResponse(status=411)
                if body_exceeds(request, MOST_AT_ONCE):
                    return too_large(request, number)
                request.upload_handlers = [Incoming(request)]
            return guarded(request, number)

        return with_files

    return decorate


def _own(request: PortalRequest, number: str) -> Dispute:
    found: Dispute = get_object_or_404(cases_of(request.user), number=number)
    return found


@csrf_exempt
@cardholder_required
@takes_files(too_large=lambda request, number: _too_large(request, number))
def index(request: PortalRequest, number: str) -> HttpResponse:
    """The files of a case; POST adds some. htmx says what it has `seen`: 204 until it changes."""
    dispute = _own(request, number)
    if request.method == "POST":
        return _added(request, dispute)
    context = _context(request, dispute, request.GET.get("purpose", ""))
    if not wants_fragment(request):
        return render(request, "disputes/files/index.html", context)
    shelf = queries.shelf(dispute, purpose=context["purpose"], at=now())
    if shelf.seen == request.GET.get("seen") and not shelf.slow:
        return HttpResponse(status=204)
    return render(request, "disputes/files/_list.html", context | {"shelf": shelf})


def _added(request: PortalRequest, dispute: Dispute) -> HttpResponse:
    """Keep what is good and name each of the others; nothing good is lost for a bad one."""
    form = UploadForm(request.POST, request.FILES)
    errors, kept = [], 0
    if form.is_valid():
        purpose = form.cleaned_data["purpose"] or Upload.Purpose.EVIDENCE
        for file in form.cleaned_data["file"]:
            try:
                _add(dispute, file, purpose, form.cleaned_data["sensitive"], request)
                kept += 1
            except Refused as no:
                errors.append(f"{names.shown(file.name)}: {said(no)}")
    else:
        purpose = request.POST.get("purpose", "")
        errors = [str(error) for told in form.errors.values() for error in told]
    if not errors and not wants_fragment(request):
        text = ngettext("We have received the file.", "We have received %(n)s files.", kept)
        messages.success(request, text % {"n": kept})
        return redirect(_back(request, dispute))
    context = _context(request, dispute, purpose) | {"upload_errors": errors}
    page = "disputes/files/_files.html" if wants_fragment(request) else "disputes/files/index.html"
    return render(request, page, context, status=422 if errors else 200)


def _add(
    dispute: Dispute,
    file: "UploadedFile[bytes]",
    purpose: str,
    sensitive: bool,
    request: PortalRequest,
) -> None:
    data = file.read(CURRENT.largest_file + 1)  # no more than tells that it is too large
    actions.add(
        dispute, data, name=file.name or "", by=request.user, at=now(), purpose=purpose,
        sensitive=sensitive,
    )  # fmt: skip


def _too_large(request: PortalRequest, number: str) -> HttpResponse:
    dispute = _own(request, number)
    text = _("These files are too large together. Choose fewer at a time; each can have %(m)s MB.")
    context = _context(request, dispute, request.GET.get("purpose", ""))
    context["upload_errors"] = [text % {"m": LIMITS["megabytes"]}]
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
    found: Upload = get_object_or_404(queries.files_of(dispute), ref=ref, **facts)
    return found


@cardholder_required
@require_POST
def remove(request: PortalRequest, number: str, ref: str) -> HttpResponse:
    dispute = _own(request, number)
    upload = _upload(dispute, ref)
    try:
        actions.remove(upload, by=request.user, at=now())
        messages.success(request, _("The file is removed, and we have deleted it."))
    except Refused as no:
        messages.info(request, said(no))
    return redirect(_back(request, dispute))


@cardholder_required
@require_safe
@from_store
def download_copy(request: PortalRequest, number: str, ref: str) -> FileResponse:
    """The copy that we wrote anew, once it is clean."""
    return _sent(request, _upload(_own(request, number), ref, status=Upload.Status.CLEAN))


def _sent(request: PortalRequest, upload: Upload) -> FileResponse:
    data = store.copy(upload)
    actions.note_download(upload, by=request.user, at=now())
    return download(data, names.offered(upload.name, upload.copy_type), upload.copy_type)


# == staff


def _as_staff(request: PortalRequest, number: str, ref: str, **facts: object) -> Upload:
    dispute = found(number, request.user)
    upload = _upload(dispute, ref, **facts)
    log_staff_view(request, dispute.account.cardholder)
    return upload


@staff_required(*READERS)
@require_safe
@from_store
def staff_file(request: PortalRequest, number: str, ref: str) -> FileResponse:
    return _sent(request, _as_staff(request, number, ref, status=Upload.Status.CLEAN))


@staff_required(*READERS)
@require_safe
@from_store
def staff_page(request: PortalRequest, number: str, ref: str, page: int) -> HttpResponse:
    """One page as a picture that we drew: the only way a file is ever shown."""
    upload = _as_staff(request, number, ref, status=Upload.Status.CLEAN)
    if not 1 <= page <= upload.pages:
        raise Http404
    try:
        drawn = apart.drawn(upload.copy_type, store.copy(upload), page)
    except (apart.Busy, RuntimeError, OSError):
        return HttpResponse(status=503, headers={"Retry-After": "10"})
    response = HttpResponse(drawn, content_type="image/png")
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@staff_required(Role.SUPERVISOR)
@require_http_methods(["GET", "POST"])
def release(request: PortalRequest, number: str, ref: str) -> HttpResponse:
    """Have a file that was held back looked at again, with a reason."""
    upload = _as_staff(request, number, ref, status=Upload.Status.QUARANTINED)
    form = ReleaseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            reason = form.cleaned_data["reason"]
            actions.release(upload, reason=reason, by=request.user, at=now())
            messages.success(request, _("The file is being looked at again."))
            return redirect("disputes:staff_case", number)
        except (Stale, IllegalMove):
            messages.info(request, _("A colleague was first. Here is where it stands now."))
            return redirect("disputes:staff_case", number)
        except Refused as no:
            form.add_error(None, said(no))
    context = {"upload": upload, "dispute": upload.dispute, "form": form}
    status = 422 if form.errors else 200
    return render(request, "disputes/files/release.html", context, status=status)
