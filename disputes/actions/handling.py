"""What handlers do on a case before it is decided: take, assign, ask, write, note."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.models.people import Role
from disputes import duty, notices, states
from disputes import staff_queries as queries
from disputes.locks import locked
from disputes.models import Dispute, Message
from portal.kit.errors import IllegalMove, Refused, Stale, gettext_noop
from portal.records import moves
from portal.records.audit import record

Status = Dispute.Status


def move(dispute: Dispute, to: str, *, by: User, at: datetime, **changes: object) -> None:
    """Change a case's status by the table. Call it inside a transaction. Errors: as moves.move."""
    moves.move(dispute, to, table=states.DISPUTE, by=by, at=at, **changes)  # type: ignore[arg-type]


# == who has it


@transaction.atomic
def take(dispute: Dispute, *, declared: bool, by: User, at: datetime, reason: str = "") -> None:
    """Take a case, take it over from a colleague and say why, or accept one that was assigned.

    Errors: Refused DUTY-…; Stale if a colleague was first; IllegalMove once it is decided.
    """
    duty.check_declared(declared)
    duty.check_handler(queries.ties(dispute, by))
    had = dispute.taken_by_id
    if had is not None and had != by.pk:
        _check_reason(reason)
    _give(dispute, by, by=by, at=at, data={"declared": True})
    if had is not None and had != by.pk:
        _write(dispute, Message.Kind.NOTE, reason, by=by, at=at)


def _check_reason(reason: str) -> None:
    if not reason:
        raise Refused(
            "DUTY-REASON", gettext_noop("Say why you take the case over from your colleague.")
        )


def _give(dispute: Dispute, to: User, *, by: User, at: datetime, data: dict[str, object]) -> None:
    """Make someone the case's handler: one conditional update on who had it before."""
    if dispute.status not in Dispute.LIVE:
        raise IllegalMove(dispute.status, Status.IN_REVIEW)
    had = dispute.taken_by_id
    if dispute.status == Status.RECEIVED:
        return move(
            dispute, Status.IN_REVIEW, by=by, at=at,
            data=data, still={"taken_by": None}, taken_by=to, taken_at=at,
        )  # fmt: skip
    held = Dispute.objects.filter(pk=dispute.pk, status=dispute.status, taken_by=had)
    if not held.update(taken_by=to, taken_at=at):
        raise Stale(dispute.pk)
    verb = "taken" if had is None else "declared" if had == to.pk else "taken_over"
    verb = "assigned" if to.pk != by.pk else verb
    record(f"disputes.dispute.{verb}", subject=dispute, by=by, at=at, data=data)
    dispute.refresh_from_db()


def check_assignable(dispute: Dispute, to: User) -> None:
    """Only a live case that nobody has, and only to someone without a part in it.

    Errors: Refused ASSIGN-TAKEN, ASSIGN-ENDED, ASSIGN-ROLE, DUTY-…
    """
    if dispute.status not in Dispute.LIVE:
        raise Refused("ASSIGN-ENDED", gettext_noop("It has been answered or withdrawn."))
    if dispute.taken_by_id is not None:
        raise Refused("ASSIGN-TAKEN", gettext_noop("A colleague has it already."))
    if to.role not in queries.HANDLERS or not to.is_active:
        raise Refused("ASSIGN-ROLE", gettext_noop("This colleague does not handle cases."))
    try:
        duty.check_handler(queries.ties(dispute, to))
    except Refused as no:
        raise Refused(
            "ASSIGN-TIES",
            gettext_noop("This colleague had a part in the matter before (%(why)s)."),
            why=no.rule,
        ) from no


@transaction.atomic
def assign(dispute: Dispute, *, to: User, by: User, at: datetime) -> None:
    """A supervisor gives a case that nobody has to a colleague, who then declares and begins.

    Errors: Refused ASSIGN-…, DUTY-ROLE; Stale if someone took it meanwhile.
    """
    if by.role != Role.SUPERVISOR:
        raise Refused("DUTY-ROLE", gettext_noop("Only a supervisor assigns cases."))
    check_assignable(dispute, to)
    _give(dispute, to, by=by, at=at, data={"to": to.pk})


def assign_many(
    disputes: Iterable[Dispute], *, to: User, by: User, at: datetime
) -> tuple[list[Dispute], list[Dispute]]:
    """Assign each that is still free; return (given, left as they are). Nothing is overwritten."""
    given, left = [], []
    for dispute in disputes:
        try:
            assign(dispute, to=to, by=by, at=at)
            given.append(dispute)
        except (Refused, Stale, IllegalMove):
            left.append(dispute)
    return given, left


def check_works(dispute: Dispute, by: User) -> None:
    """Only who has the case, has declared and still has no part in it works on it.

    Errors: Refused DUTY-….
    """
    duty.check_taken(dispute.taken_by_id, by.pk)
    duty.check_declared(queries.has_declared(dispute, by))
    duty.check_handler(queries.ties(dispute, by))


# == what is said


def _write(dispute: Dispute, kind: str, body: str, *, by: User, at: datetime) -> Message:
    message = Message(dispute=dispute, kind=kind, sent_at=at, sent_by=by)
    message.body = body
    message.save()
    told = {"message": str(message.ref)}
    record(f"disputes.message.{kind}", subject=dispute, by=by, at=at, data=told)
    return message


@transaction.atomic
def ask(dispute: Dispute, *, kinds: list[str], body: str, by: User, at: datetime) -> Message:
    """Ask the cardholder for what only they can have; the case waits, its clock goes on.

    `kinds`: codes of what is asked for (CN-CMP-06), for the trail. Errors: Refused ASK-PROPOSED,
    DUTY-…; IllegalMove; Stale.
    """
    dispute = locked(dispute)
    check_works(dispute, by)
    if queries.proposed(dispute):
        raise Refused(
            "ASK-PROPOSED",
            gettext_noop("A decision waits for approval. Have it sent back before you ask."),
        )
    move(dispute, Status.WAITING, by=by, at=at, data={"asked": kinds})
    message = _write(dispute, Message.Kind.QUESTION, body, by=by, at=at)
    notices.tell(dispute, "dispute.question", at=at)
    return message


@transaction.atomic
def resume(dispute: Dispute, *, by: User, at: datetime) -> None:
    """Go on without an answer. Errors: Refused DUTY-…; IllegalMove; Stale."""
    dispute = locked(dispute)
    check_works(dispute, by)
    move(dispute, Status.IN_REVIEW, by=by, at=at, data={"without_answer": True})


@transaction.atomic
def send_message(dispute: Dispute, *, body: str, by: User, at: datetime) -> Message:
    """Write to the cardholder, who need not answer. Errors: Refused DUTY-…; IllegalMove."""
    dispute = locked(dispute)
    check_works(dispute, by)
    if dispute.status not in Dispute.LIVE:
        raise IllegalMove(dispute.status, dispute.status)
    message = _write(dispute, Message.Kind.MESSAGE, body, by=by, at=at)
    notices.tell(dispute, "dispute.message", at=at)
    return message


@transaction.atomic
def note(dispute: Dispute, *, body: str, by: User, at: datetime) -> Message:
    """Keep a note for the staff; the cardholder never sees it. Errors: Refused DUTY-1."""
    dispute = locked(dispute)
    if queries.ties(dispute, by).own:
        duty.check_handler(duty.Ties(own=True))
    return _write(dispute, Message.Kind.NOTE, body, by=by, at=at)
