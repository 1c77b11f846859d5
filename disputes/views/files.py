"""Files of a case: handed in, shown, taken back; and what staff see of them."""

from functools import partial

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
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

READERS = (Role.COMPLAINT_HANDLER, Role.SUPERVISOR, Role.AUDITOR)


def _own(request: PortalRequest, number: str) -> Dispute:
    found: Dispute = get_object_or_404(cases_of(request.user), number=number)
    return found


def _desk(request: PortalRequest, number: str) -> serving.Desk:
    dispute = _own(request, number)
    purpose = request.GET.get("purpose", "")
    if purpose not in Upload.Purpose.values:
        purpose = Upload.Purpose.EVIDENCE
    return serving.Desk(
        page="disputes/files/index.html",
        shelf=lambda: files.shelf(dispute, purpose=purpose, at=now()),
        form=partial(UploadForm, key=purpose),
        add=lambda told, data, name: files.add(
            dispute, data, name=name, by=request.user, at=now(), purpose=purpose,
            sensitive=told["sensitive"],
        ),
        back=_back(request, dispute),
        context={"dispute": dispute, "purpose": purpose},
    )  # fmt: skip


@csrf_exempt
@cardholder_required
@serving.takes_files(
    too_large=lambda request, number: serving.refused(_desk(request, number), request)
)
def index(request: PortalRequest, number: str) -> HttpResponse:
    """The files of a case; POST adds some."""
    return serving.at(_desk(request, number), request)


def _back(request: PortalRequest, dispute: Dispute) -> str:
    draft = dispute.status == Dispute.Status.DRAFT
    page = ("step", dispute.number, "files") if draft else ("case", dispute.number)
    otherwise = reverse(f"disputes:{page[0]}", args=page[1:])
    return serving.back(request, inside=reverse("disputes:index"), otherwise=otherwise)


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
