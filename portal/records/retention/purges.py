"""Purges: one person proposes an exact list, another confirms it, a command deletes it.

The list lies in the document store under its own hash, so that what is deleted is what was shown.
"""

import io
from datetime import datetime
from typing import Any

from django.core.files import File
from django.core.files.storage import storages
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.timezone import localdate

from portal.kit.errors import Refused, Stale, gettext_noop
from portal.records import documents, retention
from portal.records.audit import record, subject_of
from portal.records.models import AuditEvent, Purge
from portal.records.retention import Category, rules

AT_ONCE = 500  # rows in one transaction
PART, DONE = "records.purge_part", "records.purge_done"
Status = Purge.Status
OPEN = (Status.PROPOSED, Status.CONFIRMED)


def newest() -> QuerySet[Purge]:
    """Return all purges, newest first."""
    return Purge.objects.select_related("proposed_by", "confirmed_by").order_by("-pk")


# == two people


def propose(category: Category, *, by: Any, at: datetime) -> Purge:
    """Fix the list of what may go now. Nothing is deleted before another person confirms it.

    Errors: Refused PURGE-NONE if nothing is due, PURGE-ONE if a proposal is open already.
    """
    on = localdate(at)
    before_on = category.before(on)
    lines = list(retention.listed(category, before_on))
    if not lines:
        raise Refused("PURGE-NONE", gettext_noop("Nothing of this is over its time today."))
    purge = Purge(
        number=f"PU-{documents.new_code(8)}", category=category.code, before_on=before_on,
        rule=rules.longest(on, category.periods(on)).id, count=len(lines),
        list_sha256=_store("".join(lines).encode()), proposed_by=by, proposed_at=at,
    )  # fmt: skip
    try:
        with transaction.atomic():
            purge.save(force_insert=True)
            record("records.purge_proposed", subject=purge, by=by, at=at, data=_facts(purge))
    except IntegrityError:
        no = gettext_noop("There is an open proposal for this already. It must be settled first.")
        raise Refused("PURGE-ONE", no) from None
    return purge


@transaction.atomic
def confirm(purge: Purge, *, by: Any, at: datetime) -> None:
    """Agree to delete exactly the list that was proposed.

    Errors: Refused DUTY-4 for the person who proposed it; Stale if it is no longer open.
    """
    if by.pk == purge.proposed_by_id:
        no = gettext_noop("You proposed this. Someone else must look at the list and confirm it.")
        raise Refused("DUTY-4", no)
    proposed = Purge.objects.filter(pk=purge.pk, status=Status.PROPOSED)
    if not proposed.update(status=Status.CONFIRMED, confirmed_by=by, confirmed_at=at):
        raise Stale(purge.pk)
    record("records.purge_confirmed", subject=purge, by=by, at=at, data=_facts(purge))


@transaction.atomic
def withdraw(purge: Purge, *, by: Any, at: datetime) -> None:
    """Give up a proposal, confirmed or not. Errors: Stale if settled; Refused PURGE-BEGUN."""
    _locked(purge, *OPEN)
    if _bookmark(purge):
        no = gettext_noop("Deleting has begun. It can no longer be taken back.")
        raise Refused("PURGE-BEGUN", no)
    Purge.objects.filter(pk=purge.pk).update(status=Status.WITHDRAWN)
    record("records.purge_withdrawn", subject=purge, by=by, at=at)


# == the deleting


def carry_out(purge: Purge, *, at: datetime) -> dict[str, int]:
    """Delete what was confirmed and return how many were deleted and left out.

    Left out is what meanwhile came under a legal hold, is gone or is no longer over its time;
    what came to be due since the proposal is not in the list. Rows go in batches, each whole or
    not at all, then the files, then it is done: killed anywhere and run again, it goes on.
    Errors: Stale if it is not confirmed; documents.Damaged if the list is not what was shown.
    """
    lines = read_list(purge).decode().splitlines()
    while _next_part(purge, lines, at=at):
        pass
    for part in _parts(purge).iterator():
        for sha256 in part["files"]:
            retention.delete_file(sha256)
    return _finish(purge, at=at)


@transaction.atomic
def _next_part(purge: Purge, lines: list[str], *, at: datetime) -> bool:
    """Purge the next rows of the list; False at its end.

    The lock makes a twin of this command, and whoever places a hold, wait for the batch only.
    """
    _locked(purge, Status.CONFIRMED)
    start = _bookmark(purge)
    if not (named := [_key(line) for line in lines[start : start + AT_ONCE]]):
        return False
    category = retention.CATEGORIES[purge.category]
    before_on = min(purge.before_on, category.before(localdate(at)))  # were the rule longer by now
    pks = list(category.free(before_on).filter(pk__in=named).values_list("pk", flat=True))
    files = category.purge(pks, at) if pks else []
    until, left = start + len(named), len(named) - len(pks)
    data = {"until": until, "deleted": len(pks), "left_out": left, "files": files}
    record(PART, subject=purge, by=None, at=at, data=data)
    return True


@transaction.atomic
def _finish(purge: Purge, *, at: datetime) -> dict[str, int]:
    _locked(purge, Status.CONFIRMED)
    parts = list(_parts(purge))
    done = {name: sum(part[name] for part in parts) for name in ("deleted", "left_out")}
    Purge.objects.filter(pk=purge.pk).update(status=Status.DONE, done_at=at)
    record(DONE, subject=purge, by=None, at=at, data=_facts(purge) | done)
    return done


def outcome(purge: Purge) -> dict[str, int]:
    """Return how many rows a purge that is done deleted and left out."""
    event = AuditEvent.objects.filter(subject=subject_of(purge), verb=DONE).first()
    return {k: event.data[k] for k in ("deleted", "left_out")} if event else {}


def read_list(purge: Purge) -> bytes:
    """Return the list as it was shown. Errors: documents.Damaged if it is another or gone."""
    try:
        with storages["documents"].open(_list_name(purge.list_sha256)) as stored:
            data: bytes = stored.read()
    except FileNotFoundError:
        data = b""
    if documents.digest(data) != purge.list_sha256:
        raise documents.Damaged(purge.list_sha256)
    return data


def _locked(purge: Purge, *statuses: str) -> None:
    """Lock the row for this transaction. Errors: Stale unless it has one of the statuses."""
    if Purge.objects.select_for_update().get(pk=purge.pk).status not in statuses:
        raise Stale(purge.pk)


def _parts(purge: Purge) -> QuerySet[AuditEvent, dict[str, Any]]:
    """Return what each batch noted in the audit trail, in order."""
    events = AuditEvent.objects.filter(subject=subject_of(purge), verb=PART)
    return events.order_by("seq").values_list("data", flat=True)


def _bookmark(purge: Purge) -> int:
    """Return how many lines of the list have been dealt with."""
    last = _parts(purge).last()
    return int(last["until"]) if last else 0


def _key(line: str) -> int:
    return int(line.split()[0].rpartition(":")[2])


def _facts(purge: Purge) -> dict[str, Any]:
    return {
        "category": purge.category, "rule": purge.rule, "before_on": purge.before_on,
        "count": purge.count, "list_sha256": purge.list_sha256,
    }  # fmt: skip


def _list_name(sha256: str) -> str:
    return f"purges/{sha256}.txt"


def _store(data: bytes) -> str:
    sha256 = documents.digest(data)
    if not storages["documents"].exists(_list_name(sha256)):
        storages["documents"].save(_list_name(sha256), File(io.BytesIO(data)))
    return sha256
