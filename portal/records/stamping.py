"""What sealed documents wait for from the timestamp authority: the row is the queue.

Nothing here is asked in a request or inside a transaction. A document that is sealed is whole
without this; each failure costs only time.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from time import monotonic
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages
from django.db import transaction
from django.db.models import F

from portal.records import documents
from portal.records.audit import record
from portal.records.models import Augmentation, Document, Stamping
from portal.records.seal_key import der, roots_in, trusted_roots

if TYPE_CHECKING:
    from portal.records.authority import Stamp
    from portal.records.proofs import Gain, Trust

log = logging.getLogger(__name__)
LEASE = timedelta(minutes=2)  # longer than any task may take: settings.CELERY_TASK_TIME_LIMIT
RENEW = timedelta(days=90)  # before the authority's certificate ends
SWEEP = 15  # seconds after which a sweep starts no further document: others use the worker too
DAY = timedelta(days=1)


class Outcome(Enum):
    """How it went with one document."""

    NOT_NOW = "another worker has it, or it is not its time"
    DONE = "it has all the proof of time that was asked for"
    NO_TIMESTAMP = "the authority gave none"
    NO_REVOCATION_DATA = "it has a timestamp; the rest could not be learned"
    UNFIT = "something is wrong with this document alone"


@dataclass(frozen=True)
class Try:
    """One claim on one row, from `at` to `until`."""

    row: Stamping
    newest: Augmentation | None
    at: datetime
    until: datetime


def trust() -> "Trust":
    """Return whom to ask and whom to trust. Errors: ImproperlyConfigured, naming the setting."""
    from portal.records.authority import Service
    from portal.records.proofs import LEVELS, Trust

    roots = tuple(der(root) for root in roots_in("TSA_ROOTS"))
    if not roots:
        raise ImproperlyConfigured("TSA_URL is set: name its roots in TSA_ROOTS (PEM).")
    if settings.TSA_LEVEL not in LEVELS:
        raise ImproperlyConfigured(f"TSA_LEVEL must be one of {', '.join(LEVELS)}.")
    login = (settings.TSA_USER, settings.TSA_PASSWORD) if settings.TSA_USER else None
    service = Service(settings.TSA_URL, roots, settings.TSA_TIMEOUT, login)
    return Trust(service, tuple(trusted_roots()))


def enrol(*, at: datetime) -> None:
    """Give sealed documents a row, also those from before there was an authority."""
    without = Document.objects.filter(sealed=True, purged_at=None, stamping=None).order_by("pk")
    pks = without.values_list("pk", flat=True)[:5000]  # a sweep's share of a whole archive
    rows = [Stamping(document_id=pk, next_try_at=at) for pk in pks]
    Stamping.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)


def due(*, at: datetime) -> list[int]:
    """Return the ids of what is to be tried now, longest waiting first."""
    waiting = Stamping.objects.filter(next_try_at__lte=at, document__purged_at=None)
    return list(waiting.order_by("next_try_at", "document").values_list("pk", flat=True)[:200])


def sweep(waiting: list[int], *, at: datetime) -> None:
    """Try what waits. An authority that is away is asked once, not once for each document."""
    whom, start, only_timestamp = trust(), monotonic(), False
    for pk in waiting:
        moment = at + timedelta(seconds=monotonic() - start)
        outcome = stamp(pk, whom, only_timestamp=only_timestamp, at=moment)
        if outcome == Outcome.NO_TIMESTAMP or monotonic() - start > SWEEP:
            return
        only_timestamp |= outcome == Outcome.NO_REVOCATION_DATA


def stamp(
    stamping_id: int, whom: "Trust", *, at: datetime, only_timestamp: bool = False
) -> Outcome:
    """Append what one document lacks, or renew it.

    The claim is a lease: the row of a worker that was killed comes back by itself. What was
    gained before a failure is kept. `only_timestamp`: the revocation services are known to be
    away, so only documents without any timestamp are served.
    """
    claimed = _claim(stamping_id, only_timestamp=only_timestamp, at=at)
    if claimed is None:
        return Outcome.NOT_NOW
    gain, outcome, problem = _tried(claimed, whom, only_timestamp=only_timestamp)
    if problem:
        log.warning("document %s, proof of time: %s", claimed.row.document_id, problem)
    _conclude(claimed, gain, outcome, problem)
    return outcome


def _tried(
    claimed: Try, whom: "Trust", *, only_timestamp: bool
) -> tuple["Gain | None", Outcome, str]:
    """Return the last gain before the end or the first failure, how it went, and the problem."""
    from portal.records.authority import NoRevocationData, NoTimestamp
    from portal.records.proofs import TooEarly

    gain = None
    try:
        for gain in _gains(claimed, whom):  # noqa: B007  (the last one counts)
            if only_timestamp:
                raise NoRevocationData("The revocation services are away.")
    except NoTimestamp as error:
        return gain, Outcome.NO_TIMESTAMP, str(error)
    except NoRevocationData as error:
        return gain, Outcome.NO_REVOCATION_DATA, str(error)
    except TooEarly as error:
        return gain, Outcome.DONE, str(error)
    except Exception as error:  # whatever is wrong with this one, the others must go on
        return gain, Outcome.UNFIT, f"{type(error).__name__}: {error}"
    return gain, Outcome.DONE, ""


def _claim(stamping_id: int, *, only_timestamp: bool, at: datetime) -> Try | None:
    has_one = Augmentation.objects.filter(document__stamping=stamping_id)
    if only_timestamp and has_one.exists():
        return None
    until = at + LEASE
    # No join in here: PostgreSQL would not look at it again after waiting for another's claim.
    row = Stamping.objects.filter(pk=stamping_id, next_try_at__lte=at)
    if not row.update(tries=F("tries") + 1, next_try_at=until):
        return None
    claimed = Stamping.objects.select_related("document").filter(pk=stamping_id).first()
    return Try(claimed, has_one.order_by("pk").last(), at, until) if claimed else None


def _gains(claimed: Try, whom: "Trust") -> Iterator["Gain"]:
    from portal.records.proofs import gains

    newest = claimed.newest
    return gains(
        documents.read(claimed.row.document),
        level=newest.level if newest else "",
        stamp=_stamp_of(newest) if newest else None,
        goal=settings.TSA_LEVEL,
        trust=whom,
        at=claimed.at,
    )


def _stamp_of(newest: Augmentation) -> "Stamp":
    from portal.records.authority import Stamp

    return Stamp(newest.stamped_at, newest.authority, newest.authority_ends_at)


def _conclude(claimed: Try, gain: "Gain | None", outcome: Outcome, problem: str) -> None:
    """Keep what was gained and say when to come back, in one transaction; or, too late, nothing."""
    later = claimed.at + pause_after(claimed.row.tries)
    if outcome == Outcome.DONE:
        later = renewal_at(_ends_at(claimed, gain), at=claimed.at)
    sha256 = documents.store(gain.data) if gain else ""
    with transaction.atomic():
        mine = Stamping.objects.filter(pk=claimed.row.pk, next_try_at=claimed.until)
        kept = mine.update(
            next_try_at=later,
            problem=problem[:200],
            tries=0 if outcome == Outcome.DONE else claimed.row.tries,
        )
        there = Document.objects.select_for_update().filter(
            pk=claimed.row.document_id, purged_at=None
        )
        if gain and kept and there.exists():
            _enter(claimed, gain, sha256)
            return
    if sha256:  # another worker was faster, or the document was purged meanwhile
        storages["documents"].delete(documents.name_of(sha256))


def _enter(claimed: Try, gain: "Gain", sha256: str) -> None:
    document, stamp = claimed.row.document, gain.stamp
    Augmentation.objects.create(
        document=document, level=gain.level, sha256=sha256, size=len(gain.data),
        stamped_at=stamp.at, authority=stamp.authority, authority_ends_at=stamp.ends_at,
        made_at=claimed.at,
    )  # fmt: skip
    facts = {"level": gain.level, "sha256": sha256, "stamped_at": stamp.at.isoformat()}
    facts["authority"] = stamp.authority
    record("records.document.timestamped", subject=document, by=None, at=claimed.at, data=facts)


def _ends_at(claimed: Try, gain: "Gain | None") -> datetime:
    newest = claimed.newest
    return gain.stamp.ends_at if gain else newest.authority_ends_at if newest else claimed.at


def pause_after(tries: int) -> timedelta:
    """Return how long to wait after so many failed tries: 1, 2, 4 … minutes, six hours at most."""
    return timedelta(minutes=min(1 << min(tries - 1, 9), 360))


def renewal_at(ends_at: datetime, *, at: datetime) -> datetime:
    """Return when to renew: 90 days before the certificate ends; within these, halfway to it."""
    return max(ends_at - RENEW, at + max((ends_at - at) / 2, DAY))
