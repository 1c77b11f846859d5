"""/verify/: anyone may ask whether a document is ours and unchanged. No file is kept."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.core.internal.ratelimit import get_ip
from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.text import format_lazy
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from accounts import limits
from accounts.models import EvidenceRequest
from disputes.models import Letter
from plans.models import Agreement, OfferDraft
from portal.kit import crypto
from portal.kit.forms import CodeField
from portal.kit.http import body_exceeds
from portal.records import documents
from portal.records.apart import Busy
from portal.records.models import Document
from portal.records.verification import LARGEST, MEGABYTES, Verdict, check, newer

MOST_PER_HOUR = 60  # files and wrong codes from one address
FORM_AROUND_FILE = 20_000  # bytes that the browser may put around the file
KINDS = {
    "plans.agreement": _("Instalment agreement"),
    "plans.certificate": _("Certificate of a plan that was kept"),
    **{f"evidence.{kind.value}": kind.label for kind in EvidenceRequest.Kind},
    **{f"dispute.{kind.value}": kind.label for kind in Letter.Kind},
}
View = Callable[..., HttpResponse]


class FileForm(forms.Form):
    file = forms.FileField(
        label=_("PDF file"),
        help_text=format_lazy(
            _("Up to {megabytes} MB. We look at it and forget it."), megabytes=MEGABYTES
        ),
        allow_empty_file=True,  # an empty file is not readable, which the answer says better
        widget=forms.FileInput(attrs={"accept": "application/pdf"}),
        error_messages={
            "required": _("Choose a PDF file."),
            "invalid": _("Choose a PDF file."),
        },
    )


class CodeForm(forms.Form):
    code = CodeField(
        label=_("Verification code"),
        help_text=_("12 letters and figures, at the foot of every page."),
        error_messages={"required": _("Enter the verification code.")},
    )


class InMemory(MemoryFileUploadHandler):
    """Keeps the file in memory whatever its size: the length of the request was checked before."""

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        super().handle_raw_input(*args, **kwargs)
        self.activated = True


def takes_file(view: View) -> View:
    """Refuse a request that is too long before reading it, and keep the rest off the disk.

    The upload handler must be in place before the CSRF check reads the form.
    """
    guarded = csrf_protect(view)

    @csrf_exempt
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def with_file(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST":
            if body_exceeds(request, LARGEST + FORM_AROUND_FILE):
                return _too_large(request)
            request.upload_handlers = [InMemory(request)]
        return guarded(request, *args, **kwargs)

    return with_file


@takes_file
def index(request: HttpRequest) -> HttpResponse:
    """Ask for a file (POST: the answer is this page's reply) or a code (GET: on to its page)."""
    if request.method == "POST":
        return _answer(request, None)
    codes = CodeForm(request.GET if "code" in request.GET else None)
    if codes.is_bound and codes.is_valid():
        return redirect("verify:document", codes.cleaned_data["code"])
    page = {"file_form": FileForm(), "code_form": codes}
    return render(request, "verify/index.html", page, status=400 if codes.is_bound else 200)


@takes_file
def document(request: HttpRequest, code: str) -> HttpResponse:
    """Show what anyone may know about the document of this code, and compare a file with it."""
    typed = CodeForm({"code": code})
    tidy = typed.cleaned_data["code"] if typed.is_valid() else ""
    if tidy not in ("", code):
        return redirect("verify:document", tidy)
    # Looked up before the budget: who holds a code is not kept from its page by somebody at the
    # same address, and 58 bits are not guessed at any rate that a web process answers.
    found = Document.objects.filter(code=tidy).first()
    if found is None:
        drafts = OfferDraft.objects.filter(code=tidy) if tidy else OfferDraft.objects.none()
        if draft := drafts.first():
            return _draft_page(request, draft)
        if not _within_budget(request):
            return _too_many(request)
        return render(request, "verify/unknown.html", {"code_form": CodeForm()}, status=404)
    if request.method == "POST":
        return _answer(request, found)
    page = {**_facts(found), "file_form": FileForm()}
    return render(request, "verify/document.html", page)


def _answer(request: HttpRequest, expected: Document | None) -> HttpResponse:
    """Examine the posted file; with `expected`, say also whether it is that very document."""
    if not _within_budget(request):
        return _too_many(request)
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        page = {"file_form": form, "code_form": CodeForm()}
        return render(request, "verify/index.html", page, status=400)
    file: UploadedFile[bytes] = form.cleaned_data["file"]
    if (file.size or 0) > LARGEST:
        return _too_large(request)
    data = file.read()
    if draft := OfferDraft.objects.filter(sha256=documents.digest(data)).first():
        return _draft_page(request, draft)
    try:
        verdict = check(data)
    except Busy:
        return _busy(request)
    return _result(request, verdict, expected)


def _result(request: HttpRequest, verdict: Verdict, expected: Document | None) -> HttpResponse:
    answer: dict[str, Any] = {
        "verdict": verdict,
        "kind": KINDS.get(verdict.kind, _("Document")),
        "expected": expected,
        "is_expected": expected is not None and expected.code == verdict.code,
        "file_form": FileForm(),
    }
    status = 422 if verdict.outcome == "unreadable" else 200
    return render(request, "verify/result.html", answer, status=status)


def _draft_page(request: HttpRequest, draft: OfferDraft) -> HttpResponse:
    """Say that it is a draft, and under which number it was signed later, if it was."""
    signed = Agreement.objects.filter(offer=draft.offer_id).first()
    page = {"number": signed.number if signed else ""}
    return render(request, "verify/draft.html", page)


def _facts(found: Document) -> dict[str, Any]:
    """What the page of a code shows: nothing about the person."""
    return {
        "document": found,
        "file": documents.newest(found)[0],
        "kind": KINDS.get(found.kind, _("Document")),
        "replaced_by": newer(found),
    }


def _within_budget(request: HttpRequest) -> bool:
    address = get_ip(request)  # of IPv6 the /64: one connection has as many addresses as it likes
    key = f"verify:{crypto.fingerprint(address, purpose='verify')[:32]}"
    return limits.take(key, window=limits.window(now(), limits.HOUR), most=MOST_PER_HOUR)


def _too_large(request: HttpRequest) -> HttpResponse:
    return render(request, "verify/too_large.html", {"megabytes": MEGABYTES}, status=413)


def _too_many(request: HttpRequest) -> HttpResponse:
    page = render(request, "verify/too_many.html", status=429)
    page.headers["Retry-After"] = "3600"
    return page


def _busy(request: HttpRequest) -> HttpResponse:
    page = render(request, "verify/busy.html", status=503)
    page.headers["Retry-After"] = "60"
    return page


app_name = "verify"
urlpatterns = [
    path("", index, name="index"),
    path("<str:code>/", document, name="document"),
]
