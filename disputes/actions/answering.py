"""What the cardholder does on a case that was sent: answer, write, withdraw, ask for a review."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate

from accounts.models import CardAccount, User
from disputes import effects, letters, notices, queries, states, terms
from disputes.actions import clocks
from disputes.locks import locked, with_account
from disputes.models import Deadline, Dispute, Letter, Message, PersonalStatement
from portal.kit.errors import Refused, Stale, gettext_noop
from portal.records import moves, outbox
from portal.records.audit import record

Status, Kind = Dispute.Status, Message.Kind


def move(dispute: Dispute, to: str, *, by: User, at: datetime, **changes: object) -> None:
    """Change a case's status by the table. Call it inside a transaction. Errors: as moves.move."""
    moves.move(dispute, to, table=states.DISPUTE, by=by, at=at, **changes)  # type: ignore[arg-type]


# == words


@transaction.atomic
def say(dispute: Dispute, text: str, *, by: User, at: datetime) -> Message:
    """Write to whoever has the case; while a question waits, it is the answer to it.

    Files that came since the last message go with it. Errors: Refused CASE-OVER once it ended.
    """
    dispute = locked(dispute)
    if dispute.status not in Dispute.LIVE:
        raise Refused(
            "CASE-OVER",
            gettext_noop("This case has been answered or has ended, so it takes no more messages."),
        )
    question = queries.open_question(dispute)
    kind = Kind.ANSWER if question else Kind.MESSAGE
    message = _write(dispute, kind, text, question=question, by=by, at=at)
    if dispute.status == Status.WAITING:
        move(dispute, Status.IN_REVIEW, by=by, at=at, data={"answered": str(message.ref)})
    return message


def _write(
    dispute: Dispute, kind: str, text: str, *, by: User, at: datetime,
    question: Message | None = None,
) -> Message:  # fmt: skip
    message = Message(dispute=dispute, kind=kind, sent_at=at, sent_by=by, answers=question)
    message.body = text
    message.save(force_insert=True)
    queries.loose_files(dispute, by=by).update(message=message)
    told = {"message": str(message.ref)}
    record(f"disputes.message.{kind}", subject=dispute, by=by, at=at, data=told)
    return message


# == the end, and once more


@transaction.atomic
def withdraw(dispute: Dispute, *, by: User, at: datetime) -> None:
    """End a live case the same day (CN-CMP-08); a first answer, if there was one, stands.

    Errors: IllegalMove once it is decided or over; Stale if a decision was first.
    """
    dispute = with_account(dispute)
    move(dispute, Status.WITHDRAWN, by=by, at=at, ended_at=at)
    effects.lift(dispute, by=by, at=at)
    letters.write(dispute, Letter.Kind.WITHDRAWAL, at=at)
    notices.tell(dispute, "dispute.withdrawn", at=at)


@transaction.atomic
def ask_review(dispute: Dispute, text: str, *, by: User, at: datetime) -> None:
    """Have a decided case looked at again, all of it, by somebody else, on a clock of its own.

    Errors: Refused REVIEW-OVER if it is not decided, REVIEW-LATE after its time, DISPUTE-LINE if
    one of its lines is in another open case by now; Stale if it was closed or reviewed meanwhile.
    """
    dispute = with_account(dispute)
    check_review(dispute, at=at)
    move(dispute, Status.SECOND_REVIEW, by=by, at=at, taken_by=None, taken_at=None)
    deadline = clocks.start(dispute, round=Deadline.REVIEW, by=by, at=at)
    effects.begin(dispute, by=by, at=at)
    _write(dispute, Kind.MESSAGE, text, by=by, at=at)
    outbox.publish(
        "complaint.escalated", account_ref=dispute.account.ref, at=at,
        data={"case": dispute.number, "rule": deadline.rule, "due_on": str(deadline.due_on)},
    )  # fmt: skip
    letters.write(dispute, Letter.Kind.REVIEW_RECEIPT, at=at)
    notices.tell(dispute, "dispute.review_received", at=at)


def check_review(dispute: Dispute, *, at: datetime) -> None:
    """Errors: Refused REVIEW-OVER, REVIEW-LATE."""
    until = terms.review_until(dispute)
    if until is None:
        raise Refused(
            "REVIEW-OVER",
            gettext_noop("A second review can be asked for once, after the first answer."),
        )
    if localdate(at) > until:
        raise Refused(
            "REVIEW-LATE",
            gettext_noop(
                "The time to ask for a second review is over. You can still turn to the others "
                "that the decision letter names."
            ),
        )


# == a person's own words beside a record (CN-CR-06)


@transaction.atomic
def add_statement(
    account: CardAccount, period: str, text: str, *, by: User, at: datetime
) -> PersonalStatement:
    """Put the person's own words beside a reported record, in place of earlier ones; the bank
    sends them to the bureau as they are. Errors: Stale if another request was first.
    """
    _withdraw_statement(account, period, at=at)
    statement = PersonalStatement(account=account, period=period, made_at=at, made_by=by)
    statement.text = text
    try:
        with transaction.atomic():
            statement.save(force_insert=True)
    except IntegrityError as error:
        raise Stale(account.pk) from error
    _publish(statement, text=text, at=at)
    record("disputes.personalstatement.added", subject=statement, by=by, at=at,
           data={"account": account.ref, "period": period})  # fmt: skip
    return statement


@transaction.atomic
def withdraw_statement(account: CardAccount, period: str, *, by: User, at: datetime) -> None:
    """Take the words back; the bureau is asked to take them off. Errors: Stale if none stand."""
    statement = _withdraw_statement(account, period, at=at)
    if statement is None:
        raise Stale(account.pk)
    _publish(statement, text="", at=at)
    record("disputes.personalstatement.withdrawn", subject=statement, by=by, at=at,
           data={"account": account.ref, "period": period})  # fmt: skip


def _withdraw_statement(
    account: CardAccount, period: str, *, at: datetime
) -> PersonalStatement | None:
    standing = queries.statement_beside(account.pk, period)
    if standing is None:
        return None
    rows = PersonalStatement.objects.filter(pk=standing.pk, withdrawn_at=None)
    return standing if rows.update(withdrawn_at=at) else None


def _publish(statement: PersonalStatement, *, text: str, at: datetime) -> None:
    """Tell the bank what the record is to carry from now on; nothing, if the text is empty."""
    data = {"period": statement.period, "ref": str(statement.ref), "text": text}
    outbox.publish("record.statement", account_ref=statement.account.ref, at=at, data=data)
