"""What the complaint handlers do on a case. Supervisors act as handlers; auditors only read."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import PortalRequest, log_staff_view, staff_required
from accounts.models.people import Role
from disputes import letters, staff_case, staff_trail
from disputes import staff_queries as queries
from disputes.actions import clocks, handling
from disputes.forms import staff as forms
from disputes.models import Dispute, Extension
from disputes.views.staff import basics, case_page, found
from portal.kit.errors import IllegalMove, Refused, Stale
from portal.kit.forms import said

HANDLERS = queries.HANDLERS


def done(request: HttpRequest, act: Callable[[], object], success: str) -> bool:
    """Run an action and say how it went; False if a rule or a colleague stood in the way."""
    try:
        act()
    except Refused as no:
        messages.error(request, said(no))
    except (Stale, IllegalMove):
        messages.info(request, _("Something changed meanwhile. Here is where it stands now."))
    else:
        messages.success(request, success)
        return True
    return False


def _posted(
    request: PortalRequest,
    dispute: Dispute,
    name: str,
    form: Form,
    act: Callable[[dict[str, Any]], object],
    success: str,
) -> HttpResponse:
    """Take a form of the case page: show it again with its errors, or act and go back."""
    if not form.is_valid():
        return case_page(request, dispute, **{name: form})
    done(request, lambda: act(form.cleaned_data), success)
    return redirect("disputes:staff_case", dispute.number)


# == who has it


@staff_required(*HANDLERS)
@require_POST
def take(request: PortalRequest, number: str) -> HttpResponse:
    dispute, form = found(number, request.user), forms.TakeForm(request.POST, prefix="take")
    return _posted(
        request, dispute, "take_form", form,
        lambda told: handling.take(dispute, by=request.user, at=now(), **told),
        _("The case is yours. Its clock is above."),
    )  # fmt: skip


@staff_required(Role.SUPERVISOR)
@require_POST
def assign(request: PortalRequest, number: str) -> HttpResponse:
    dispute = found(number, request.user)
    form = forms.AssignForm(request.POST, prefix="assign", handlers=queries.handlers())
    return _posted(
        request, dispute, "assign_form", form,
        lambda told: handling.assign(dispute, by=request.user, at=now(), **told),
        _("The colleague has it now, and declares before beginning."),
    )  # fmt: skip


@staff_required(Role.SUPERVISOR)
@require_POST
def assign_many(request: PortalRequest) -> HttpResponse:
    """First shows which of the ticked cases go to the colleague and which stay, then gives them.

    A case that someone has is never taken from them here.
    """
    numbers = request.POST.getlist("cases")[: queries.PAGE]
    chosen = list(queries.cases().filter(number__in=numbers).order_by("due_on", "pk"))
    known = [case.number for case in chosen]
    form = forms.AssignManyForm(request.POST, handlers=queries.handlers(), numbers=known)
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, " ".join(map(str, errors)))
        return redirect("disputes:queue")
    to = form.cleaned_data["to"]
    if not form.cleaned_data["confirmed"]:
        log_staff_view(request, "disputes.queue")
        context = {"to": to, "rows": _assignable(chosen, to)}
        return render(request, "disputes/staff/assign.html", context)
    given, left = handling.assign_many(chosen, to=to, by=request.user, at=now())
    text = _("Given to %(name)s: %(given)s. Left as they are: %(left)s.")
    told = {"given": _numbers(given), "left": _numbers(left), "name": to.name}
    messages.success(request, text % told)
    return redirect("disputes:queue")


def _numbers(cases: list[Dispute]) -> str:
    return ", ".join(case.number for case in cases) or "–"


def _assignable(chosen: list[Dispute], to: Any) -> list[tuple[Dispute, str]]:
    """Each case with why it stays as it is; "" if it can be given."""
    rows = []
    for case in chosen:
        try:
            handling.check_assignable(case, to)
            rows.append((case, ""))
        except Refused as no:
            rows.append((case, said(no)))
    return rows


# == what is said


@staff_required(*HANDLERS)
@require_http_methods(["GET", "POST"])
def ask(request: PortalRequest, number: str) -> HttpResponse:
    """Ask the cardholder, beside the list of what must not be asked for."""
    dispute = found(number, request.user)
    form = forms.AskForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        facts = form.cleaned_data
        if done(
            request,
            lambda: handling.ask(
                dispute, kinds=facts["kinds"], body=question(dispute, facts),
                by=request.user, at=now(),
            ),
            _("The question is sent. The clock goes on meanwhile."),
        ):  # fmt: skip
            return redirect("disputes:staff_case", number)
    log_staff_view(request, dispute)
    context = basics(dispute) | {"form": form, "held": staff_case.held(dispute)}
    status = 422 if form.is_bound else 200
    return render(request, "disputes/staff/ask.html", context, status=status)


def question(dispute: Dispute, facts: dict[str, Any]) -> str:
    """Return what is sent: the handler's words, and what is asked for in the letters' language."""
    labels = dict(forms.ASKABLE)
    with override(dispute.language):
        asked = "\n".join(f"· {labels[kind]}" for kind in facts["kinds"])
    return f"{facts['body']}\n\n{asked}"


@staff_required(*HANDLERS)
@require_POST
def resume(request: PortalRequest, number: str) -> HttpResponse:
    dispute = found(number, request.user)
    done(
        request,
        lambda: handling.resume(dispute, by=request.user, at=now()),
        _("You go on without the answer."),
    )
    return redirect("disputes:staff_case", number)


@staff_required(*HANDLERS)
@require_POST
def message(request: PortalRequest, number: str) -> HttpResponse:
    dispute, form = found(number, request.user), forms.MessageForm(request.POST, prefix="message")
    return _posted(
        request, dispute, "message_form", form,
        lambda told: handling.send_message(dispute, by=request.user, at=now(), **told),
        _("The message is sent."),
    )  # fmt: skip


@staff_required(*HANDLERS)
@require_http_methods(["GET", "POST"])
def note(request: PortalRequest, number: str) -> HttpResponse:
    """A page of its own: a note never stands beside a message that is being written."""
    dispute = found(number, request.user)
    form = forms.NoteForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and done(
        request,
        lambda: handling.note(dispute, by=request.user, at=now(), **form.cleaned_data),
        _("The note is kept. Only the staff see it."),
    ):
        return redirect("disputes:staff_case", number)
    log_staff_view(request, dispute)
    context = basics(dispute) | {"form": form, "thread": staff_trail.thread(dispute)}
    status = 422 if form.is_bound else 200
    return render(request, "disputes/staff/note.html", context, status=status)


# == letters


@staff_required(*HANDLERS)
@require_POST
def retry_letter(request: PortalRequest, number: str, letter: str) -> HttpResponse:
    """Have a letter that was held back made once more."""
    held = get_object_or_404(
        found(number, request.user).letters.select_related("dispute"), number=letter
    )
    done(
        request,
        lambda: letters.retry(held, by=request.user, at=now()),
        _("The letter is made again. It takes a moment."),
    )
    return redirect("disputes:staff_case", number)


# == the clock


def _move_clock(request: PortalRequest, dispute: Dispute, act: Callable[[], object]) -> None:
    """Only who has the case, has declared and has no part in it moves its clock. Errors: DUTY-…"""
    handling.check_works(dispute, request.user)
    act()


@staff_required(*HANDLERS)
@require_http_methods(["GET", "POST"])
def extend(request: PortalRequest, number: str) -> HttpResponse:
    """Ask for the next longer time that the rules know."""
    dispute = found(number, request.user)
    form = forms.ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and done(
        request,
        lambda: _move_clock(
            request,
            dispute,
            lambda: clocks.extend(dispute, by=request.user, at=now(), **form.cleaned_data),
        ),
        _("It is noted. The case shows whether it holds already or waits for approval."),
    ):
        return redirect("disputes:staff_case", number)
    log_staff_view(request, dispute)
    context = basics(dispute) | {"form": form, "longer": staff_case.longer(dispute)}
    status = 422 if form.is_bound else 200
    return render(request, "disputes/staff/extend.html", context, status=status)


@staff_required(Role.SUPERVISOR)
@require_POST
def answer_extension(request: PortalRequest, number: str, pk: int) -> HttpResponse:
    dispute = found(number, request.user)
    asked = get_object_or_404(dispute.extensions.select_related("dispute"), pk=pk)
    form = forms.AnswerForm(request.POST, prefix="time")
    if asked.status != Extension.Status.ASKED:
        messages.info(request, _("Something changed meanwhile. Here is where it stands now."))
        return redirect("disputes:staff_case", number)
    return _posted(
        request, dispute, "time_form", form,
        lambda told: clocks.answer_extension(
            asked, grant=form.yes, answer=told["reason"], by=request.user, at=now()
        ),
        _("It is answered. If it was granted, the cardholder gets a letter."),
    )  # fmt: skip


@staff_required(*HANDLERS)
@require_POST
def clock(request: PortalRequest, number: str) -> HttpResponse:
    """Stop the clock, or let it go on if it stands: where the rules allow it at all."""
    dispute, at = found(number, request.user), now()
    if dispute.pauses.filter(until_on=None).exists():
        restart = forms.RestartForm(request.POST, prefix="clock", today=localdate())
        return _posted(
            request, dispute, "restart_form", restart,
            lambda told: _move_clock(
                request, dispute,
                lambda: clocks.restart(dispute, restart_on=told["on"], by=request.user, at=at),
            ),
            _("The clock goes on."),
        )  # fmt: skip
    stop = forms.ReasonForm(request.POST, prefix="clock")
    return _posted(
        request, dispute, "stop_form", stop,
        lambda told: _move_clock(
            request, dispute, lambda: clocks.stop(dispute, by=request.user, at=at, **told)
        ),
        _("The clock stands."),
    )  # fmt: skip
