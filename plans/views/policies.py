"""Staff: the policy for plans, its versions and what a version would change."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import PortalRequest, staff_required
from accounts.history import history
from accounts.models.people import Role
from plans import policies, policy_fields, simulation
from plans.actions import policies as actions
from plans.forms.policy import PolicyForm, SendBackForm
from plans.models import PolicyVersion
from plans.policy import FIRST_NAME
from portal import packs
from portal.kit.errors import IllegalMove, Refused, Stale
from portal.kit.forms import said
from portal.kit.http import law

READERS = (Role.AGENT, Role.SUPERVISOR, Role.AUDITOR)
LISTED = 200  # versions on the page of all, the newest
Status = PolicyVersion.Status


@staff_required(*READERS)
@require_safe
def index(request: PortalRequest) -> HttpResponse:
    """Every version, newest first: which is in force, and which comes next."""
    today = localdate()
    facts = {
        "in_force": policies.in_force(today),
        "next": policies.next_after(today),
        "versions": policies.versions()[:LISTED],
        "first": FIRST_NAME,
        "listed": LISTED,
        "may_write": request.user.role == Role.SUPERVISOR,
    }
    return render(request, "plans/policy/index.html", facts)


@staff_required(Role.SUPERVISOR)
@require_POST
def new(request: PortalRequest) -> HttpResponse:
    """Begin a draft: a copy of what is in force."""
    try:
        version = actions.draft(by=request.user, at=now())
    except Stale:
        messages.info(request, _("A colleague began a version at the same moment. Try again."))
        return redirect("plans:policies")
    return redirect("plans:edit_policy", version.name)


@staff_required(*READERS)
@require_safe
def version(request: PortalRequest, name: str) -> HttpResponse:
    """One version: what it changes, who wrote and approved it, and the next step."""
    return _page(request, name)


def _page(
    request: PortalRequest, name: str, *, send_back_form: SendBackForm | None = None
) -> HttpResponse:
    if name == FIRST_NAME:
        return _first(request)
    found = get_object_or_404(policies.versions(), name=name)
    before, following = policies.before(found), _following(found)
    changes = policy_fields.compared(before, policies.of(found))
    facts: dict[str, Any] = {
        "version": found,
        "in_force": policies.in_force(localdate()).version == name,
        "before": before.version,
        "differing": [change for change in changes if change.differs],
        "same": [change for change in changes if not change.differs],
        "following": [
            (later, policy_fields.changed_back(before, policies.of(found), policies.of(later)))
            for later in following
        ],
        "follow": policies.named(following),
        "history": history([found], policies.HAPPENED),
        "seen": policies.mark(found),
        "form": send_back_form or SendBackForm(),
        "mine": found.made_by_id == request.user.pk,
        "may_act": request.user.role == Role.SUPERVISOR,
    }
    failed = send_back_form is not None
    return render(request, "plans/policy/version.html", facts, status=422 if failed else 200)


def _following(found: PolicyVersion) -> list[PolicyVersion]:
    """What takes over after a version, as far as it is still to come."""
    if found.status == Status.WITHDRAWN:
        return []
    return [later for later in policies.after(found) if later.effective_from > localdate()]


def _first(request: PortalRequest) -> HttpResponse:
    facts = {
        "name": FIRST_NAME,
        "rows": policy_fields.rows(policies.first()),
        "in_force": policies.in_force(localdate()).version == FIRST_NAME,
    }
    return render(request, "plans/policy/first.html", facts)


@staff_required(Role.SUPERVISOR)
@require_http_methods(["GET", "POST"])
def edit(request: PortalRequest, name: str) -> HttpResponse:
    """The limits of a draft in a form, for whoever began it."""
    found = get_object_or_404(policies.versions(), name=name)
    if request.method != "POST" and (
        found.status != Status.DRAFT or found.made_by_id != request.user.pk
    ):
        return redirect("plans:policy", name)
    form = _form(found, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _written(request, found, form):
        messages.success(request, _("Kept. It is a draft until you propose it."))
        return redirect("plans:policy", name)
    facts = {"version": found, "form": form}
    return render(request, "plans/policy/edit.html", facts, status=422 if form.errors else 200)


def _form(found: PolicyVersion, data: object) -> PolicyForm:
    today = localdate()
    first = {
        "effective_from": found.effective_from,
        "note": found.note,
        "seen": policies.mark(found),
    }
    longest = packs.load(law(), on=today)["plan.longest"].value
    return PolicyForm(data, policy=policies.of(found), on=today, longest=longest, initial=first)


def _written(request: PortalRequest, found: PolicyVersion, form: PolicyForm) -> bool:
    """Keep what a valid form says; put on the form why it was not kept."""
    facts = form.cleaned_data
    try:
        actions.change(
            found, form.written, effective_from=facts["effective_from"],
            note=facts["note"], seen=facts["seen"], by=request.user, at=now(),
        )  # fmt: skip
    except Refused as no:
        form.add_error("effective_from" if no.rule == "POLICY-DAY" else None, said(no))
    except (Stale, IllegalMove):
        form.add_error(
            None, _("This version was changed meanwhile. Open it again in another window first.")
        )
    return not form.errors


@staff_required(Role.SUPERVISOR)
@require_POST
def propose(request: PortalRequest, name: str) -> HttpResponse:
    found = get_object_or_404(PolicyVersion, name=name)
    step = partial(actions.propose, found, by=request.user, at=now())
    return _settle(request, name, step, _("Proposed. Another supervisor can now approve it."))


@staff_required(Role.SUPERVISOR)
@require_POST
def approve(request: PortalRequest, name: str) -> HttpResponse:
    """Put to use what the page showed: `seen` names that, `following` what comes after it."""
    found = get_object_or_404(PolicyVersion, name=name)
    read = {"seen": request.POST.get("seen", ""), "following": request.POST.get("following", "")}
    step = partial(actions.approve, found, **read, by=request.user, at=now())
    return _settle(request, name, step, _("Approved. It is in force from its day on."))


@staff_required(Role.SUPERVISOR)
@require_POST
def send_back(request: PortalRequest, name: str) -> HttpResponse:
    found = get_object_or_404(PolicyVersion, name=name)
    form = SendBackForm(request.POST)
    if not form.is_valid():
        return _page(request, name, send_back_form=form)
    reason, seen = form.cleaned_data["reason"], request.POST.get("seen", "")
    step = partial(actions.send_back, found, reason=reason, seen=seen, by=request.user, at=now())
    return _settle(request, name, step, _("Sent back. Whoever wrote it reads why."))


@staff_required(Role.SUPERVISOR)
@require_POST
def give_up(request: PortalRequest, name: str) -> HttpResponse:
    found = get_object_or_404(PolicyVersion, name=name)
    step = partial(actions.give_up, found, by=request.user, at=now())
    return _settle(request, name, step, _("Given up. It will never be in force."))


@staff_required(*READERS)
@require_safe
def simulation_page(request: PortalRequest, name: str) -> HttpResponse:
    """What the last offers and requests would have been under this version. Changes nothing."""
    if name == FIRST_NAME:
        raise Http404
    found = get_object_or_404(policies.versions(), name=name)
    before = policies.before(found)
    facts: dict[str, Any] = {
        "version": found,
        "before": before.version,
        "offers": simulation.of_offers(before, policies.of(found)),
        "requests": simulation.of_requests(before, policies.of(found)),
    }
    return render(request, "plans/policy/simulation.html", facts)


def _settle(request: PortalRequest, name: str, step: Callable[[], None], done: str) -> HttpResponse:
    """Take a step that a rule may refuse or a colleague may have taken; say what came of it."""
    try:
        step()
    except Refused as no:
        messages.error(request, said(no))
    except (Stale, IllegalMove):
        messages.info(request, _("A colleague was first. Here is where it stands now."))
    else:
        messages.success(request, done)
    return redirect("plans:policy", name)
