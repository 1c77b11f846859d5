"""How files come in over HTTP, and how our copies and drawn pages go out: for every room."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial, wraps
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from accounts.access import PortalRequest
from accounts.files import actions, apart, limits, names, store
from accounts.files.forms import AddFilesForm, ReleaseForm
from accounts.files.incoming import Incoming
from accounts.files.model import AbstractUpload
from accounts.files.problems import LIMITS
from accounts.files.shelf import Shelf
from portal.kit.errors import IllegalMove, Refused, Stale
from portal.kit.forms import said
from portal.kit.http import body_exceeds, download, wants_fragment

MOST_AT_ONCE = limits.MOST * limits.LARGEST + 100_000  # bytes: the form itself, too
View = Callable[..., HttpResponseBase]


def takes_files(*, too_large: View) -> Callable[[View], View]:
    """Answer a request that is too long before it is read; the rest goes to the evidence volume.

    The CSRF check reads the form, so it comes after: put csrf_exempt outermost.
    """

    def decorate(view: View) -> View:
        guarded = csrf_protect(view)

        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def with_files(request: PortalRequest, *address: str, **names: str) -> HttpResponseBase:
            if request.method == "POST":
                if "HTTP_TRANSFER_ENCODING" in request.META:  # Django would read nothing of it
                    return HttpResponse(status=411)
                if body_exceeds(request, MOST_AT_ONCE):
                    return too_large(request, *address, **names)
                request.upload_handlers = [Incoming(request)]
            return guarded(request, *address, **names)

        return with_files

    return decorate


def keep(
    files: "Iterable[UploadedFile[bytes]]", add: Callable[[bytes, str], object]
) -> tuple[int, list[str]]:
    """Have each file added. Return how many were kept, and a sentence about each of the others.

    Nothing good is lost for a bad one.
    """
    kept, errors = 0, []
    for file in files:
        data = file.read(limits.LARGEST + 1)  # no more than tells that it is too large
        try:
            add(data, file.name or "")
            kept += 1
        except Refused as no:
            errors.append(f"{names.shown(file.name or '')}: {said(no)}")
    return kept, errors


def too_large() -> str:
    """Return the sentence for a request that is not read."""
    text = _("These files are too large together. Choose fewer at a time; each can have %(m)s MB.")
    return text % {"m": LIMITS["megabytes"]}


@dataclass(frozen=True)
class Desk:
    """Where a cardholder hands files in: a shelf, the form that adds to it, and the page for both.

    `add` takes what the form says, the bytes and the name of a file. `back` is where they go on.
    """

    page: str
    shelf: Callable[[], Shelf]
    form: Callable[..., AddFilesForm]
    add: Callable[[dict[str, Any], bytes, str], object]
    back: str
    context: dict[str, Any]


def at(desk: Desk, request: PortalRequest) -> HttpResponse:
    """GET shows the shelf, POST adds to it. htmx says what it has `seen`: 204 until it changes."""
    if request.method == "POST":
        return _added(desk, request)
    if not wants_fragment(request):
        return _shown(desk, request, desk.form())
    shelf = desk.shelf()
    if shelf.seen == request.GET.get("seen") and not shelf.slow:
        return HttpResponse(status=204)
    return render(request, "files/_list.html", {"shelf": shelf, "back": desk.back})


def _added(desk: Desk, request: PortalRequest) -> HttpResponse:
    form = desk.form(request.POST, request.FILES)
    if not form.is_valid():
        return _shown(desk, request, form, status=422)
    kept, errors = keep(form.cleaned_data["file"], partial(desk.add, form.cleaned_data))
    if errors or wants_fragment(request):
        return _shown(desk, request, desk.form(), errors=errors, status=422 if errors else 200)
    text = ngettext("We have received the file.", "We have received %(n)s files.", kept)
    messages.success(request, text % {"n": kept})
    return redirect(desk.back)


def refused(desk: Desk, request: PortalRequest) -> HttpResponse:
    """Answer a request that was too large to be read: 413, which htmx would not show."""
    status = 422 if wants_fragment(request) else 413
    return _shown(desk, request, desk.form(), errors=[too_large()], status=status)


def _shown(
    desk: Desk, request: PortalRequest, form: AddFilesForm, *, errors: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    page = "files/_files.html" if wants_fragment(request) else desk.page
    context = {"shelf": desk.shelf(), "adding": form, "upload_errors": errors, "back": desk.back}
    return render(request, page, desk.context | context, status=status)


def back(request: PortalRequest, *, inside: str, otherwise: str = "") -> str:
    """Return the page that files were added on: one of the room's own, never another site."""
    asked = request.GET.get("next", "")
    if asked.startswith(inside) and url_has_allowed_host_and_scheme(asked, allowed_hosts=None):
        return asked
    return otherwise or inside


def sent(request: PortalRequest, upload: AbstractUpload, *, at: datetime) -> FileResponse:
    """Send the copy that we wrote anew. Errors: Gone; Damaged."""
    data = store.copy(upload)
    actions.note_download(upload, by=request.user, at=at)
    return download(data, names.offered(upload.name, upload.copy_type), upload.copy_type)


def drawn(upload: AbstractUpload, page: int) -> HttpResponse:
    """One page as a picture that we drew: the only way a file is ever shown. 503 while busy."""
    if not 1 <= page <= upload.pages:
        raise Http404
    try:
        picture = apart.drawn(upload.copy_type, store.copy(upload), page)
    except (apart.Busy, RuntimeError, OSError):
        return HttpResponse(status=503, headers={"Retry-After": "10"})
    response = HttpResponse(picture, content_type="image/png")
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def asked_again(
    request: PortalRequest,
    upload: AbstractUpload,
    release: Callable[[str], None],
    *,
    back: str,
    title: str,
) -> HttpResponse:
    """Ask why a file that was held back is to be looked at again, and have it done."""
    form = ReleaseForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            release(form.cleaned_data["reason"])
            messages.success(request, _("The file is being looked at again."))
            return redirect(back)
        except (Stale, IllegalMove):
            messages.info(request, _("A colleague was first. Here is where it stands now."))
            return redirect(back)
        except Refused as no:
            form.add_error(None, said(no))
    context: dict[str, Any] = {"upload": upload, "form": form, "back": back, "back_title": title}
    return render(request, "files/release.html", context, status=422 if form.errors else 200)
