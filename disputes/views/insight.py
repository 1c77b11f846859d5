"""Reports on cases: how many, how old, how they end, why. Nobody is ranked."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate, now
from django.views.decorators.http import require_safe

from accounts.access import PortalRequest, log_staff_view, staff_required
from accounts.models.people import Role
from disputes import insight, insight_export
from disputes.forms.insight import PeriodForm
from portal.records.audit import record

READERS = (Role.COMPLAINT_HANDLER, Role.SUPERVISOR, Role.AUDITOR)
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
    }
    if not form.is_valid():
        return render(request, "disputes/insight/report.html", facts, status=422)
    facts["report"] = insight.Report(**form.cleaned_data, on=on)
    return render(request, "disputes/insight/report.html", facts)


@staff_required(*READERS)
@require_safe
def export(request: PortalRequest) -> HttpResponse | StreamingHttpResponse:
    """The cases of the period as a table, streamed; who took it is written down first."""
    on = localdate()
    form = _period(request, on)
    if not form.is_valid():
        return redirect("disputes:insight")
    report = insight.Report(**form.cleaned_data, on=on)
    told = {"from": report.from_on, "until": report.until_on, "cases": report.count}
    record("disputes.exported", subject="disputes", by=request.user, at=now(), data=told)
    name = f"cases-{report.from_on}-{report.until_on}.csv"
    return StreamingHttpResponse(
        insight_export.lines(report),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Security-Policy": "sandbox; default-src 'none'",
        },
    )
