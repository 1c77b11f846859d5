"""The versions of the policy: which is in force, and how one comes to be."""

from datetime import date

from plans.models import PolicyVersion
from plans.policy import FIRST, FIRST_NAME, Policy, read


def in_force(on: date) -> Policy:
    """Return the policy that holds on a day: the approved version whose day came last."""
    approved = PolicyVersion.objects.filter(
        status=PolicyVersion.Status.APPROVED, effective_from__lte=on
    )
    version = approved.order_by("-effective_from").first()
    return read(version.name, version.data) if version else read(FIRST_NAME, FIRST)
