"""Taking down a case that came by phone, letter, at a branch or from a regulator."""

from datetime import date, datetime, time
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import get_current_timezone, localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import PortalRequest, log_staff_view, staff_required
from accounts.masking import masked_facts
from accounts.models import CardAccount
from disputes import lines, rules
from disputes import staff_queries as queries
from disputes.actions import filing
from disputes.forms.staff import IntakeForm
from disputes.lines import Choice, Offered
from disputes.models import Dispute
from disputes.policy import CURRENT
from disputes.rules import Representative
from disputes.views.staff import check_apart
from portal.kit.errors import Refused
from portal.kit.forms import said


@staff_required(*queries.HANDLERS)
@require_http_methods(["GET", "POST"])
def intake(request: PortalRequest, ref: str) -> HttpResponse:
    """Choose the matter by a link, then one form; the case is received with its receipt at once.

    "go" only turns a page of the account's lines: what was ticked and typed stays.
    """
    account = get_object_or_404(CardAccount.objects.select_related("cardholder"), ref=ref)
    check_apart(Dispute(account=account), request.user)
    asked = request.GET.get("matter", "")
    matter = asked if asked in Dispute.Matter.values else ""
    turns = request.method == "POST" and "go" in request.POST
    offered, form = _form(request, account, matter, turns=turns)
    if form and form.is_valid():
        try:
            case = _recorded(request, account, matter, form)
        except Refused as no:
            form.add_error("received_on" if no.rule == "DISPUTE-OLD" else None, said(no))
        else:
            messages.success(request, _("The case is received. Its receipt is being written."))
            return redirect("disputes:staff_case", case.number)
    log_staff_view(request, account)
    context = {
        "account": account, "person": masked_facts(account.cardholder.person), "form": form,
        "matter": matter, "matters": Dispute.Matter.choices, "offered": offered,
        "after": _after(request), "taken": _choices(offered, taken=True),
    }  # fmt: skip
    status = 422 if form and form.errors else 200
    return render(request, "disputes/staff/intake.html", context, status=status)


def _after(request: PortalRequest) -> str:
    return request.POST.get("go", request.GET.get("after", "")).replace("\0", "")


def _choices(offered: Offered | None, *, taken: bool) -> list[Choice]:
    """A page's lines that an open case has, or that none has."""
    groups = offered.groups if offered else []
    return [each for group in groups for each in group.choices if bool(each.taken) == taken]


def _form(
    request: PortalRequest, account: CardAccount, matter: str, *, turns: bool
) -> tuple[Offered | None, IntakeForm | None]:
    """A page of the lines of a matter, and its form; none before the matter is chosen."""
    if not matter:
        return None, None
    kinds, sent = rules.KINDS[matter], request.POST
    ticked = [lines.parted(name) for name in sent.getlist("lines")[: CURRENT.most_lines]]
    chosen = lines.find_all(account, [name for name in ticked if name and name[0] in kinds])
    after = _after(request)
    offered = lines.contestable(account, kinds, after=after, chosen=chosen) if kinds else None
    start: dict[str, Any] = {"received_on": localdate(), "language": account.cardholder.language}
    if turns:
        start |= sent.dict() | {"lines": sent.getlist("lines")}
    form = IntakeForm(
        sent if request.method == "POST" and not turns else None, matter=matter,
        today=localdate(), chosen=list(chosen.values()), initial=start,
        free=[choice.line for choice in _choices(offered, taken=False)],
    )  # fmt: skip
    return offered, form


def _recorded(
    request: PortalRequest, account: CardAccount, matter: str, form: IntakeForm
) -> Dispute:
    facts, at = form.cleaned_data, now()
    helper = Representative(facts["name"], facts["relation"], facts["reach"], facts["seen"])
    filed = filing.Filed(
        matter=matter, language=facts["language"], topic=facts.get("topic", ""),
        reason=facts.get("reason", ""), words=facts["words"], remedy=facts["remedy"],
        lines=form.rights, contact_by=facts["contact_by"],
        representative=helper if helper.name else None,
    )  # fmt: skip
    return filing.record_received(
        account, filed, channel=facts["channel"], by=request.user, at=at,
        received_at=moment(facts["received_on"], at=at),
    )  # fmt: skip


def moment(on: date, *, at: datetime) -> datetime:
    """Return the moment of receipt: now if it is today, else noon of that day."""
    if on == localdate(at):
        return at
    return datetime.combine(on, time(12), tzinfo=get_current_timezone())
