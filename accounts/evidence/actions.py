"""What happens to requests for evidence: one verb, one transaction, one event."""

import logging
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.timezone import get_current_timezone, localdate

from accounts.evidence import facts, states
from accounts.evidence.gathered import Basis
from accounts.evidence.notices import tell_answer, tell_ready
from accounts.models import CardAccount, Cardholder, EvidenceRequest, User
from portal.kit.errors import Refused, Stale, gettext_noop
from portal.records import documents, moves
from portal.records.audit import record
from portal.records.models import Document

log = logging.getLogger(__name__)
Status, Stage = EvidenceRequest.Status, EvidenceRequest.Stage
WAITING = (Status.REQUESTED, Status.PREPARING)
MOST_WAITING, MOST_A_DAY = 3, 10  # requests of one cardholder
LEASE = timedelta(minutes=2)  # longer than any task may take: settings.CELERY_TASK_TIME_LIMIT


def move(asked: EvidenceRequest, to: str, *, by: User | None, at: datetime, **changes: Any) -> None:
    """Change a request's status. Call it inside a transaction. Errors: IllegalMove, Stale.

    `next_try_at` tells one claim from the next: a worker whose lease was over writes nothing.
    """
    still = {"next_try_at": asked.next_try_at}
    moves.move(asked, to, table=states.REQUEST, still=still, by=by, at=at, **changes)


# == the cardholder asks


@dataclass(frozen=True)
class Wish:
    """What a cardholder wants certified, as the request's columns name it."""

    kind: str
    purpose: str
    languages: list[str]
    from_on: date | None = None
    until_on: date | None = None
    with_contacts: bool = False
    with_records: bool = False
    with_plans: bool = False


@transaction.atomic
def ask(account: CardAccount, wish: Wish, *, by: User, at: datetime) -> EvidenceRequest:
    """Keep the request and wake a worker; the same one asked twice is one while it waits.

    Errors: Refused by facts.check_askable, or EV-WAITING and EV-DAY above the limits.
    """
    holder = Cardholder.objects.select_for_update().get(pk=account.cardholder_id)
    waiting = EvidenceRequest.objects.filter(account__cardholder=holder, status__in=WAITING)
    if same := waiting.filter(account=account, **asdict(wish)).first():
        return same
    check_limits(holder, at=at)
    facts.check_askable(account, wish.kind)
    asked = EvidenceRequest.objects.create(
        number=f"EV-{documents.new_code(8)}", account=account, requested_at=at, requested_by=by,
        next_try_at=at, **asdict(wish),
    )  # fmt: skip
    record("accounts.evidencerequest.asked", subject=asked, by=by, at=at, data=asdict(wish))
    transaction.on_commit(wake)
    return asked


def check_limits(holder: Cardholder, *, at: datetime) -> None:
    """Errors: Refused EV-WAITING, EV-DAY. Exact only while the cardholder's row is locked."""
    asked = EvidenceRequest.objects.filter(account__cardholder=holder)
    today = datetime.combine(localdate(at), time.min, tzinfo=get_current_timezone())
    if asked.filter(status__in=WAITING).count() >= MOST_WAITING:
        raise Refused(
            "EV-WAITING",
            gettext_noop(
                "%(most)s documents are being prepared for you already. "
                "Ask again when one of them is ready."
            ),
            most=MOST_WAITING,
        )
    if asked.filter(requested_at__gte=today).count() >= MOST_A_DAY:
        raise Refused(
            "EV-DAY",
            gettext_noop(
                "You have asked for %(most)s documents today, which is as many as we prepare "
                "in a day. You can ask for more tomorrow."
            ),
            most=MOST_A_DAY,
        )


def wake() -> None:
    """Have a worker look now; if the broker cannot be reached, the sweep finds the row."""
    from accounts.tasks import prepare_evidence

    try:
        prepare_evidence.delay()
    except Exception:
        log.warning("broker not reached; the next sweep prepares what waits")


@transaction.atomic
def note_download(
    asked: EvidenceRequest, document: Document, *, what: str, sent: bytes, by: User, at: datetime
) -> None:
    """Log that a document (`what`: pdf) or its proof pack (proof) was fetched, and its hash."""
    data = {"what": what, "language": document.language, "sha256": documents.digest(sent)}
    record("accounts.evidencerequest.downloaded", subject=asked, by=by, at=at, data=data)


# == the worker prepares


def claim(request_id: int, *, at: datetime) -> EvidenceRequest | None:
    """Take a request that is due; None if another worker has it. The claim is a lease.

    The row of a worker that was killed is due again by itself once the lease is over.
    """
    asked = EvidenceRequest.objects.filter(pk=request_id, next_try_at__lte=at).first()
    if asked is None:
        return None
    taken = {"tries": F("tries") + 1, "next_try_at": at + LEASE, "stage": Stage.GATHERING}
    try:
        with transaction.atomic():
            data = {"try": asked.tries + 1}
            move(asked, Status.PREPARING, by=None, at=at, data=data, **taken)
    except Stale:
        return None
    return asked


def note_stage(asked: EvidenceRequest, stage: str) -> None:
    """Let the page say what is being done. Errors: Stale if the lease was over meanwhile."""
    claimed = EvidenceRequest.objects.filter(
        pk=asked.pk, status=asked.status, next_try_at=asked.next_try_at
    )
    if not claimed.update(stage=stage):
        raise Stale(asked.pk)


@transaction.atomic
def put_back(asked: EvidenceRequest, *, problem: str, next_try_at: datetime, at: datetime) -> None:
    """Leave the request to a later try. Errors: Stale if another worker has it by now.

    The problem stays on the row: the audit trail is handed to whoever checks a document.
    """
    changes = {"problem": problem, "next_try_at": next_try_at, "stage": ""}
    move(asked, Status.REQUESTED, by=None, at=at, **changes)


@transaction.atomic
def hold_back(asked: EvidenceRequest, *, problem: str, rule: str, at: datetime) -> None:
    """Issue nothing and leave it to the staff, who read why. Errors: Stale.

    Only the rule's id enters the audit trail: the problem may quote a character of a name.
    """
    changes = {"problem": problem[:400], "next_try_at": None, "stage": ""}
    move(asked, Status.FAILED, by=None, at=at, data={"rule": rule}, **changes)


@transaction.atomic
def decline(asked: EvidenceRequest, *, rule: str, by: User | None, at: datetime) -> None:
    """Answer that it cannot be certified, for good, and tell the cardholder. Errors: Stale.

    `rule` is one of queries.ANSWERS, which has its words for the page.
    """
    changes = {"problem": rule, "next_try_at": None, "stage": ""}
    move(asked, Status.DECLINED, by=by, at=at, data={"rule": rule}, **changes)
    tell_answer(asked, at=at)


@dataclass(frozen=True)
class Sealed:
    """One language's document: its bytes are in the store already."""

    language: str
    code: str
    title: str
    pdf: bytes


@transaction.atomic
def file(asked: EvidenceRequest, sealed: list[Sealed], *, basis: Basis, at: datetime) -> None:
    """Enter the documents in the register, tell the cardholder; all of it or nothing.

    Errors: OutOfDate if the account or the person changed since they were read (`basis`); Stale
    if another worker has it by now; IntegrityError if it was filed before.
    """
    accounts = CardAccount.objects.select_for_update(of=("self",)).select_related("cardholder")
    account = accounts.get(pk=asked.account_id)
    if Basis(account.version, account.as_of, account.cardholder.person_hash) != basis:
        raise OutOfDate(asked.pk)
    hashes = {one.language: documents.digest(one.pdf) for one in sealed}
    move(
        asked, Status.READY, by=None, at=at, data={"documents": hashes},
        basis_version=basis.version, ready_at=at, next_try_at=None, stage="", problem="",
    )  # fmt: skip
    for one in sealed:
        documents.file_document(
            f"evidence.{asked.kind}", one.pdf, subject=asked, number=asked.number,
            code=one.code, title=one.title, language=one.language, sealed=True, at=at,
        )  # fmt: skip
    tell_ready(asked, at=at)


class OutOfDate(Exception):
    """The account changed while its document was made; it is made again with fresh figures."""


# == staff help


@transaction.atomic
def retry(asked: EvidenceRequest, *, by: User, at: datetime) -> None:
    """Try again what was held back. Errors: IllegalMove or Stale if a colleague was first."""
    changes: dict[str, Any] = {"tries": 0, "problem": "", "next_try_at": at}
    move(asked, Status.REQUESTED, by=by, at=at, **changes)
    transaction.on_commit(wake)
