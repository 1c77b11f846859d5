"""Taking down a case that came by phone, letter, at a branch or from a regulator."""

from datetime import date, datetime, time

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
from disputes.actions.drafting import Right
from disputes.forms.staff import IntakeForm
from disputes.models import Dispute
from disputes.rules import Representative
from portal.kit.errors import Refused
from portal.kit.forms import said


@staff_required(*queries.HANDLERS)
@require_http_methods(["GET", "POST"])
def intake(request: PortalRequest, ref: str) -> HttpResponse:
    """Choose the matter by a link, then one form; the case is received with its receipt at once."""
    account = get_object_or_404(CardAccount.objects.select_related("cardholder"), ref=ref)
    asked, after = request.GET.get("matter", ""), request.GET.get("after", "")
    matter = asked if asked in Dispute.Matter.values else ""
    kinds = rules.KINDS.get(matter, ())
    offered = lines.contestable(account, kinds, after=after) if kinds else None
    choices = [each for group in offered.groups for each in group.choices] if offered else []
    form = _form(request, account, matter, choices)
    if form and form.is_valid():
        try:
            case = _recorded(request, account, matter, form)
        except Refused as no:
            form.add_error(None, said(no))
        else:
            messages.success(request, _("The case is received. Its receipt is being written."))
            return redirect("disputes:staff_case", case.number)
    log_staff_view(request, account)
    context = {
        "account": account, "person": masked_facts(account.cardholder.person), "form": form,
        "matter": matter, "matters": Dispute.Matter.choices, "after": after,
        "older": offered.older if offered else "",
        "taken": [choice for choice in choices if choice.taken],
    }  # fmt: skip
    status = 422 if form and form.errors else 200
    return render(request, "disputes/staff/intake.html", context, status=status)


def _form(
    request: PortalRequest, account: CardAccount, matter: str, choices: list[lines.Choice]
) -> IntakeForm | None:
    """The form of a matter; none before it is chosen."""
    if not matter:
        return None
    return IntakeForm(
        request.POST if request.method == "POST" else None, matter=matter, today=localdate(),
        free=[choice.line for choice in choices if not choice.taken],
        initial={"received_on": localdate(), "language": account.cardholder.language},
    )  # fmt: skip


def _recorded(
    request: PortalRequest, account: CardAccount, matter: str, form: IntakeForm
) -> Dispute:
    facts, at = form.cleaned_data, now()
    helper = Representative(facts["name"], facts["relation"], facts["reach"], facts["seen"])
    filed = filing.Filed(
        matter=matter, language=facts["language"], topic=facts.get("topic", ""),
        reason=facts.get("reason", ""), words=facts["words"], remedy=facts["remedy"],
        lines={name: Right() for line in facts.get("lines", []) if (name := lines.parted(line))},
        contact_by=facts["contact_by"], representative=helper if helper.name else None,
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
