"""How a version of the policy comes to be: one person writes and proposes, another approves."""

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.formats import date_format
from django.utils.timezone import localdate

from accounts.models import User
from plans import policies
from plans.actions.moving import move
from plans.models import PolicyVersion
from plans.policy import Policy, as_data, same
from portal import packs
from portal.kit.errors import IllegalMove, Refused, Stale, gettext_noop
from portal.records.audit import record

Status = PolicyVersion.Status


@transaction.atomic
def draft(*, by: User, at: datetime) -> PolicyVersion:
    """Begin a version as a copy of the one in force. Errors: Stale if a colleague took its name."""
    today = localdate(at)
    version = PolicyVersion(
        name=policies.new_name(today), effective_from=today + timedelta(days=1),
        data=as_data(policies.in_force(today)), made_by=by, made_at=at,
    )  # fmt: skip
    try:
        with transaction.atomic():
            version.save(force_insert=True)
    except IntegrityError:
        raise Stale(version.name) from None
    record("plans.policyversion.drafted", subject=version, by=by, at=at, data=_facts(version))
    return version


@transaction.atomic
def change(
    version: PolicyVersion,
    policy: Policy,
    *,
    effective_from: date,
    note: str,
    seen: str,
    by: User,
    at: datetime,
) -> None:
    """Write a draft anew, as `policy` says. `seen`: the mark of what was read.

    Errors: Refused DUTY-5 for anybody but its maker, POLICY-DAY, the law's id for a plan that is
    too long; IllegalMove once it is proposed; Stale if it was changed since `seen`.
    """
    _check_maker(version, by)
    if version.status != Status.DRAFT:
        raise IllegalMove(version.status, Status.DRAFT)
    check_day(effective_from, at=at)
    check_law(policy, on=effective_from)
    _check_seen(version, seen)
    drafts = PolicyVersion.objects.filter(
        pk=version.pk, status=Status.DRAFT, made_at=version.made_at
    )
    written = {
        "data": as_data(policy),
        "effective_from": effective_from,
        "note": note,
        "made_at": at,
    }
    if not drafts.update(**written):
        raise Stale(version.pk)
    version.refresh_from_db()
    record("plans.policyversion.changed", subject=version, by=by, at=at, data=_facts(version))


@transaction.atomic
def propose(version: PolicyVersion, *, by: User, at: datetime) -> None:
    """Ask for a second person. From here on nobody changes it.

    Errors: Refused DUTY-5, POLICY-DAY, POLICY-SAME; IllegalMove, Stale.
    """
    _check_maker(version, by)
    check_day(version.effective_from, at=at)
    if same(policies.of(version), policies.before(version)):
        raise Refused(
            "POLICY-SAME",
            gettext_noop("It changes nothing on that day, so there is nothing to propose."),
        )
    _step(version, Status.PROPOSED, seen=policies.mark(version), by=by, at=at, returned="")


@transaction.atomic
def approve(version: PolicyVersion, *, seen: str, following: str, by: User, at: datetime) -> None:
    """Put a version to use from its day on. `seen`: the mark of what was read.

    `following`: which approved versions were shown to take over after it (policies.named).
    Errors: Refused DUTY-5 for its maker, POLICY-DAY if its day has come, POLICY-TAKEN if another
    was approved for that day, the law's id for a plan that is too long; IllegalMove; Stale, also
    if others are to follow by now.
    """
    if by.pk == version.made_by_id:
        no = gettext_noop("You wrote this version. Someone else must read it and approve it.")
        raise Refused("DUTY-5", no)
    check_day(version.effective_from, at=at)
    check_law(policies.of(version), on=version.effective_from)
    _lock()
    if following != policies.named(policies.after(version)):
        raise Stale(version.pk)
    try:
        with transaction.atomic():
            _step(version, Status.APPROVED, seen=seen, by=by, at=at, approved_by=by, approved_at=at)
    except IntegrityError:
        raise Refused(
            "POLICY-TAKEN",
            gettext_noop("Another version was approved for that day. Send it back for another."),
        ) from None


@transaction.atomic
def send_back(version: PolicyVersion, *, reason: str, seen: str, by: User, at: datetime) -> None:
    """Hand a proposed version back to its maker, who reads why until it is proposed again.

    Errors: IllegalMove, Stale.
    """
    told = {"reason": reason}
    _step(version, Status.DRAFT, seen=seen, by=by, at=at, data=told, returned=reason)


@transaction.atomic
def give_up(version: PolicyVersion, *, by: User, at: datetime) -> None:
    """End a version that is not approved. Errors: IllegalMove, Stale."""
    _step(version, Status.WITHDRAWN, seen=policies.mark(version), by=by, at=at)


def check_day(effective_from: date, *, at: datetime) -> None:
    """No version begins before tomorrow. Errors: Refused POLICY-DAY."""
    earliest = localdate(at) + timedelta(days=1)
    if effective_from < earliest:
        raise Refused(
            "POLICY-DAY",
            gettext_noop("It can be in force from %(earliest)s on. Choose a later day."),
            earliest=date_format(earliest),
        )


def check_law(policy: Policy, *, on: date) -> None:
    """No plan may be longer than the law of that day allows. Errors: Refused with the rule's id."""
    rule = packs.load(settings.JURISDICTION, on=on)["plan.longest"]
    if policy.longest > rule.value:
        raise Refused(
            rule.id,
            gettext_noop("The law allows %(longest)s months at most on that day."),
            longest=rule.value,
        )


def _check_maker(version: PolicyVersion, by: User) -> None:
    if by.pk != version.made_by_id:
        no = gettext_noop("A colleague writes this version. Begin one of your own.")
        raise Refused("DUTY-5", no)


def _step(
    version: PolicyVersion, to: str, *, seen: str, by: User, at: datetime, **changes: Any
) -> None:
    """Move a version that still says what was read."""
    _check_seen(version, seen)
    told, still = {**_facts(version), **changes.pop("data", {})}, {"made_at": version.made_at}
    move(version, to, by=by, at=at, still=still, data=told, **changes)


def _check_seen(version: PolicyVersion, seen: str) -> None:
    if seen != policies.mark(version):
        raise Stale(version.pk)


def _lock() -> None:
    """Let one approval at a time look at what comes before and after: two at once would not see
    each other.
    """
    open_or_approved = PolicyVersion.objects.filter(status__in=[Status.PROPOSED, Status.APPROVED])
    list(open_or_approved.select_for_update().order_by("pk").values_list("pk"))


def _facts(version: PolicyVersion) -> dict[str, Any]:
    return {"name": version.name, "effective_from": version.effective_from, "says": version.data}
