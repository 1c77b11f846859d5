"""The versions of the policy: which is in force, which come next, and what there is of them."""

from datetime import date, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from plans.models import PolicyVersion
from plans.policy import FIRST, FIRST_NAME, Policy, read

HAPPENED = {
    "plans.policyversion.drafted": _("The draft was begun."),
    "plans.policyversion.changed": _("The draft was changed."),
    "plans.policyversion.proposed": _("The version was proposed."),
    "plans.policyversion.draft": _("The version was sent back."),
    "plans.policyversion.approved": _("The version was approved."),
    "plans.policyversion.withdrawn": _("The version was given up."),
}


def in_force(on: date) -> Policy:
    """Return the policy that holds on a day: the approved version whose day came last."""
    version = _approved().filter(effective_from__lte=on).order_by("-effective_from").first()
    return of(version) if version else first()


def first() -> Policy:
    """Return the policy that came with the software."""
    return read(FIRST_NAME, FIRST)


def of(version: PolicyVersion) -> Policy:
    """Return what a version says."""
    return read(version.name, version.data)


def before(version: PolicyVersion) -> Policy:
    """Return the policy that a version takes over from on its day."""
    return in_force(version.effective_from - timedelta(days=1))


def after(version: PolicyVersion) -> list[PolicyVersion]:
    """Return the approved versions that take over after it, by day: each as a whole copy."""
    later = _approved().filter(effective_from__gt=version.effective_from)
    return list(later.order_by("effective_from"))


def named(versions: list[PolicyVersion]) -> str:
    """Return the names of some versions as pages carry them."""
    return " ".join(version.name for version in versions)


def mark(version: PolicyVersion) -> str:
    """Return what tells one writing of a version from the next: pages carry it, actions ask it."""
    return f"{version.made_at.isoformat()} {before(version).version}"


def next_after(on: date) -> PolicyVersion | None:
    """Return the approved version that comes into force next."""
    return _approved().filter(effective_from__gt=on).order_by("effective_from").first()


def versions() -> QuerySet[PolicyVersion]:
    """Every version that was ever written, newest first; the first of all is in the software."""
    return PolicyVersion.objects.select_related("made_by", "approved_by").order_by("-pk")


def new_name(on: date) -> str:
    """Return the next free name of a year: 2026-2."""
    begun = PolicyVersion.objects.filter(name__startswith=f"{on.year}-")
    taken = [*begun.values_list("name", flat=True), FIRST_NAME]
    numbers = [int(name[5:]) for name in taken if name.startswith(f"{on.year}-")]
    return f"{on.year}-{max(numbers, default=0) + 1}"


def _approved() -> QuerySet[PolicyVersion]:
    return PolicyVersion.objects.filter(status=PolicyVersion.Status.APPROVED)
