"""The bank's own wording of paragraphs for letters: handlers write, a supervisor approves."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import PortalRequest, staff_required
from accounts.models.people import Role
from disputes import wording
from disputes.actions import wording as actions
from disputes.forms.wording import WordingForm
from disputes.models import FormLetter
from portal.kit.errors import Refused, Stale
from portal.kit.forms import said
from portal.kit.http import wants_fragment

READERS = (Role.COMPLAINT_HANDLER, Role.SUPERVISOR, Role.AUDITOR)
WRITERS = (Role.COMPLAINT_HANDLER, Role.SUPERVISOR)


@staff_required(*READERS)
@require_safe
def index(request: PortalRequest) -> HttpResponse:
    """Every paragraph in each language, and what waits for approval."""
    waiting = FormLetter.objects.order_by("key", "language", "-version")
    newest: dict[tuple[str, str], FormLetter] = {}
    for row in waiting:
        newest.setdefault((row.key, row.language), row)
    listed = [
        (
            code, label,
            [(text, newest.get((key, code))) for key, text in wording.in_use(code).items()],
        )
        for code, label in settings.LANGUAGES
    ]  # fmt: skip
    return render(request, "disputes/wording/index.html", {"languages": listed})


@staff_required(*READERS)
@require_http_methods(["GET", "POST"])
def edit(request: PortalRequest, key: str, language: str) -> HttpResponse:
    """POST keeps another version; with ?preview it only fills in a made-up case and keeps none."""
    _known(key, language)
    if request.method != "POST":
        return _page(request, key, language)
    if request.user.role not in WRITERS:
        raise PermissionDenied
    form = WordingForm(request.POST)
    valid = form.is_valid()
    if "preview" in request.GET or not valid:
        return _page(request, key, language, form=form)
    try:
        actions.write(key, language, **form.cleaned_data, by=request.user, at=now())
    except Refused as no:
        form.add_error(None, said(no))
        return _page(request, key, language, form=form)
    except Stale:
        form.add_error(None, _("A colleague wrote another version meanwhile. Look at it first."))
        return _page(request, key, language, form=form)
    messages.success(request, _("Kept. It is in use as soon as a supervisor has approved it."))
    return redirect("disputes:edit_wording", key, language)


@staff_required(Role.SUPERVISOR)
@require_POST
def approve(request: PortalRequest, key: str, language: str) -> HttpResponse:
    """Put the version to use that the page showed."""
    _known(key, language)
    version = request.POST.get("version", "")
    row = get_object_or_404(
        FormLetter, key=key, language=language, version=version if version.isdecimal() else 0
    )
    try:
        actions.approve(row, by=request.user, at=now())
    except Refused as no:
        messages.error(request, said(no))
    except Stale:
        messages.info(request, _("A colleague was first. Here is where it stands now."))
    else:
        messages.success(request, _("Approved. Letters use it from now on."))
    return redirect("disputes:edit_wording", key, language)


def _known(key: str, language: str) -> None:
    if key not in wording.KEYS or language not in dict(settings.LANGUAGES):
        raise Http404


def _page(
    request: PortalRequest, key: str, language: str, *, form: WordingForm | None = None
) -> HttpResponse:
    """The paragraph in use, what waits beside it, and how what is written would read."""
    used, newest = wording.in_use(language)[key], actions.newest(key, language)
    shown = newest or used
    if form is None:
        first = {"title": shown.title, "body": shown.body, "after": shown.version}
        form = WordingForm(initial=first)
    facts: dict[str, Any] = {
        "key": key,
        "language": language,
        "language_name": dict(settings.LANGUAGES)[language],
        "used": used,
        "waiting": newest if newest and not newest.approved_at else None,
        "versions": FormLetter.objects.filter(key=key, language=language)
        .select_related("made_by", "approved_by")
        .order_by("-version")[:20],
        "form": form,
        "fields": wording.FIELDS.items(),
        "preview": _preview(form, shown.body, language),
        "may_write": request.user.role in WRITERS,
        "may_approve": request.user.role == Role.SUPERVISOR,
    }
    facts["changes"] = (
        wording.changes(used.body, facts["waiting"].body) if facts["waiting"] else None
    )
    if wants_fragment(request):
        return render(request, "disputes/wording/_preview.html", facts)
    failed = bool(form.errors) and "preview" not in request.GET
    return render(request, "disputes/wording/edit.html", facts, status=422 if failed else 200)


def _preview(form: WordingForm, body: str, language: str) -> str:
    """Fill in a made-up case; nothing while the text typed has an error."""
    if form.is_bound:
        form.is_valid()
        body = form.cleaned_data.get("body", "")
    return wording.fill(body, wording.made_up(language, on=localdate()))
