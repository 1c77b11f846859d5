"""Reports on cases: how many, how old, how they end, why. Nobody is ranked."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import PortalRequest, log_staff_view, staff_required
from accounts.models.people import Role
from disputes import insight, insight_count, insight_export
from disputes.forms.insight import PeriodForm
from portal.records.audit import record

COUNTERS = (Role.COMPLAINT_HANDLER, Role.SUPERVISOR)
READERS = (*COUNTERS, Role.AUDITOR)
MONTHS = (1, 3, 12)  # periods offered; the second is shown unasked


def _first(on: date, months: int) -> date:
    """Return the first day of a period of so many months that ends today."""
    begin = on.replace(day=1)
    for _month in range(months - 1):
        begin = (begin - timedelta(days=1)).replace(day=1)
    return begin


def _period(request: PortalRequest, on: date) -> PeriodForm:
    usual = {"from_on": _first(on, MONTHS[1]).isoformat(), "until_on": on.isoformat()}
    asked = {name: request.GET[name] for name in usual if name in request.GET}
    return PeriodForm({**usual, **asked}, on=on)


@staff_required(*READERS)
@require_safe
def reports(request: PortalRequest) -> HttpResponse:
    """Which reports there are."""
    return render(request, "disputes/insight/index.html")


@staff_required(*READERS)
@require_safe
def disputes(request: PortalRequest) -> HttpResponse:
    """The report of a period: the last three months unless another is asked for."""
    on = localdate()
    form = _period(request, on)
    log_staff_view(request, "disputes.insight")
    facts: dict[str, Any] = {
        "form": form,
        "report": None,
        "periods": [(n, _first(on, n), on) for n in MONTHS],
        "counted": insight.newest(),
        "may_count": request.user.role in COUNTERS,
    }
    if not form.is_valid():
        return render(request, "disputes/insight/report.html", facts, status=422)
    if facts["counted"]:
        facts["report"] = insight.Report(**form.cleaned_data, newest=facts["counted"])
    return render(request, "disputes/insight/report.html", facts)


@staff_required(*COUNTERS)
@require_POST
def count(request: PortalRequest) -> HttpResponse:
    """Have the report counted now rather than at night."""
    if insight_count.wake():
        messages.success(request, _("It is being counted. Look here again in a few minutes."))
    else:
        messages.error(request, _("It cannot be counted at the moment. It is counted at night."))
    return redirect("disputes:insight")


@staff_required(*READERS)
@require_safe
def export(request: PortalRequest) -> HttpResponse | StreamingHttpResponse:
    """The cases of the period as a table, streamed; who took it is written down first."""
    on = localdate()
    form = _period(request, on)
    if not form.is_valid():
        return redirect("disputes:insight")
    first, last = form.cleaned_data["from_on"], form.cleaned_data["until_on"]
    filed = insight_export.filed(first, last)
    told = {"from": first, "until": last, "cases": filed.count()}
    record("disputes.exported", subject="disputes", by=request.user, at=now(), data=told)
    name = f"cases-{first}-{last}.csv"
    return StreamingHttpResponse(
        insight_export.lines(filed),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Security-Policy": "sandbox; default-src 'none'",
        },
    )
