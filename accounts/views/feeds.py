"""The last feeds: how far, what came of them, and what was rejected."""

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import localdate, now
from django.views.decorators.http import require_safe

from accounts.access import PortalRequest, log_staff_view, staff_required
from accounts.feed import run_queries
from accounts.models import FeedRun
from accounts.models.people import Role
from portal.kit.http import download, wants_fragment

READERS = (Role.SUPERVISOR, Role.AUDITOR)


@staff_required(*READERS)
@require_safe
def index(request: PortalRequest) -> HttpResponse:
    """The feed that is live with its age, then the last runs, newest first."""
    runs, older = run_queries.last_runs(before=request.GET.get("before", ""), at=now())
    context = {"live": run_queries.live(on=localdate()), "runs": runs, "older": older}
    log_staff_view(request, "accounts.feeds")
    return render(request, "feeds/index.html", context)


@staff_required(*READERS)
@require_safe
def run(request: PortalRequest, pk: int) -> HttpResponse:
    """One run. htmx asks each two seconds how far it is, and for the whole page at its end.

    Only the whole page is written down as a look: the part has counts alone.
    """
    standing = run_queries.Standing(get_object_or_404(FeedRun, pk=pk), now())
    if wants_fragment(request):
        if not standing.goes_on:
            return HttpResponse(headers={"HX-Refresh": "true"})
        context = {"standing": standing, "news": request.GET.get("said") != standing.said}
        return render(request, "feeds/_progress.html", context)
    log_staff_view(request, standing.run)
    path = run_queries.rejects_file(standing.run)
    rejects = run_queries.first_rejects(path) if path else []
    context = {"standing": standing, "rejects": rejects, "news": False}
    return render(request, "feeds/run.html", context)


@staff_required(*READERS)
@require_safe
def rejects(request: PortalRequest, pk: int) -> FileResponse:
    """The whole list of rejects as a file; each download is written down."""
    found = get_object_or_404(FeedRun, pk=pk)
    path = run_queries.rejects_file(found)
    if path is None:
        raise Http404
    log_staff_view(request, found)
    name = f"{found.feed_id}-rejects-{found.pk}.csv"
    return download(path.read_bytes(), name, "text/csv; charset=utf-8")
