"""What the cardholder does on a case that was sent: answer, write, withdraw, ask for a review.

Whoever does not use this site does the same by phone, by letter or at a branch: a colleague takes
it down, and says with `came` how and when it reached the bank.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.formats import date_format
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import CardAccount, User
from disputes import effects, letters, notices, queries, states, terms
from disputes import staff_queries as staff
from disputes.actions import clocks
from disputes.locks import locked, with_account
from disputes.models import Deadline, Dispute, Letter, Message, PersonalStatement
from disputes.staff_news import news
from disputes.warnings import tell_staff
from portal.kit.errors import Refused, Stale, gettext_noop
from portal.records import moves, outbox
from portal.records.audit import record

Status, Kind = Dispute.Status, Message.Kind
TWICE = timedelta(minutes=1)
WROTE = gettext_noop("Case %(number)s: the cardholder wrote")
WROTE_BODY = gettext_noop("There is something new in the case. You can read it here:")


def move(dispute: Dispute, to: str, *, by: User, at: datetime, **changes: object) -> None:
    """Change a case's status by the table. Call it inside a transaction. Errors: as moves.move."""
    moves.move(dispute, to, table=states.DISPUTE, by=by, at=at, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Came:
    """How and when something reached the bank that a colleague takes down (`by` is the staff)."""

    channel: str  # of Dispute.Channel
    at: datetime  # received: the clock of a review counts from here, a withdrawal ends it then

    def headed(self, text: str, language: str) -> str:
        """Return the words under a line that says how they came, in a language."""
        with override(language):
            head = _("%(how)s, received on %(on)s, taken down by the bank:") % {
                "how": str(Dispute.Channel(self.channel).label),
                "on": date_format(localtime(self.at)),
            }
        return f"{head}\n\n{text}"

    @property
    def told(self) -> dict[str, str]:
        """What the trail keeps of it."""
        return {"channel": self.channel, "received_on": str(localdate(self.at))}


def _check_came(came: Came | None, dispute: Dispute, *, since: datetime | None, by: User) -> None:
    """Errors: Refused DUTY-APART for who may not read the case; INWARD-DAY."""
    if came is None:
        return
    if staff.kept_from(by, [dispute]):
        raise Refused("DUTY-APART", gettext_noop("A colleague without a part in it takes it down."))
    if since is None or localdate(came.at) < localdate(since):
        raise Refused(
            "INWARD-DAY",
            gettext_noop("It cannot have come before what it is about. Check the day."),
        )


# == words


@transaction.atomic
def say(
    dispute: Dispute, text: str, *, by: User, at: datetime, came: Came | None = None
) -> Message:
    """Write to whoever has the case; while a question waits, it is the answer to it.

    Files that came since the last message go with it; the same words within a minute are one
    message. Who has the case gets one mail until they look at it.
    Errors: Refused CASE-OVER once it ended.
    """
    dispute = locked(dispute)
    if dispute.status not in Dispute.LIVE:
        raise Refused(
            "CASE-OVER",
            gettext_noop("This case has been answered or has ended, so it takes no more messages."),
        )
    _check_came(came, dispute, since=dispute.submitted_at, by=by)
    text = came.headed(text, dispute.language) if came else text
    heard = dispute.pk in news([dispute])
    question = queries.open_question(dispute)
    if same := _said_twice(dispute, text, question, by=by, at=at):
        return same
    message = _write(dispute, text, question=question, by=by, at=at, came=came)
    if dispute.status == Status.WAITING:
        move(dispute, Status.IN_REVIEW, by=by, at=at, data={"answered": str(message.ref)})
    handler = dispute.taken_by
    if handler and handler.is_active and handler.pk != by.pk and not heard:
        tell_staff(
            handler, "dispute.answered_to_staff", dispute, at=at, subject=WROTE, body=WROTE_BODY
        )
    return message


def _said_twice(
    dispute: Dispute, text: str, question: Message | None, *, by: User, at: datetime
) -> Message | None:
    """Return the message that a second click sent again, unless it brings or answers something."""
    own = dispute.messages.filter(kind__in=(Kind.MESSAGE, Kind.ANSWER), sent_by=by)
    last = own.filter(sent_at__gt=at - TWICE).order_by("pk").last()
    if last is None or last.body != text or (question and question.pk > last.pk):
        return None
    return None if queries.loose_files(dispute, by=by).exists() else last


def _write(
    dispute: Dispute, text: str, *, by: User, at: datetime,
    question: Message | None = None, came: Came | None = None,
) -> Message:  # fmt: skip
    """Keep what the cardholder said; what the staff took down is an answer, never one of ours."""
    kind = Kind.ANSWER if question or came else Kind.MESSAGE
    message = Message(dispute=dispute, kind=kind, sent_at=at, sent_by=by, answers=question)
    message.body = text
    message.save(force_insert=True)
    queries.loose_files(dispute, by=by).update(message=message)
    told = {"message": str(message.ref)} | (came.told if came else {})
    record(f"disputes.message.{kind}", subject=dispute, by=by, at=at, data=told)
    return message


# == the end, and once more


@transaction.atomic
def withdraw(dispute: Dispute, *, by: User, at: datetime, came: Came | None = None) -> None:
    """End a live case the day it is received (CN-CMP-08); a first answer, if any, stands.

    Errors: IllegalMove once it is decided or over; Stale if a decision was first; of `came`.
    """
    dispute = with_account(dispute)
    _check_came(came, dispute, since=dispute.submitted_at, by=by)
    told = came.told if came else None
    move(dispute, Status.WITHDRAWN, by=by, at=at, data=told, ended_at=came.at if came else at)
    effects.lift(dispute, by=by, at=at)
    letters.write(dispute, Letter.Kind.WITHDRAWAL, at=at)
    notices.tell(dispute, "dispute.withdrawn", at=at)


@transaction.atomic
def ask_review(
    dispute: Dispute, text: str, *, by: User, at: datetime, came: Came | None = None
) -> None:
    """Have a decided case looked at again, all of it, by somebody else, on a clock of its own.

    Errors: Refused REVIEW-OVER if it is not decided, REVIEW-LATE after its time, DISPUTE-LINE if
    one of its lines is in another open case by now; Stale if it was closed or reviewed meanwhile.
    """
    dispute = with_account(dispute)
    received_at, told = (came.at, came.told) if came else (at, None)
    check_review(dispute, at=received_at)
    _check_came(came, dispute, since=dispute.decided_at, by=by)
    move(dispute, Status.SECOND_REVIEW, by=by, at=at, data=told, taken_by=None, taken_at=None)
    deadline = clocks.start(dispute, round=Deadline.REVIEW, by=by, at=at, received_at=received_at)
    effects.begin(dispute, by=by, at=at)
    text = came.headed(text, dispute.language) if came else text
    _write(dispute, text, by=by, at=at, came=came)
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
    _publish(statement, at=at)
    record("disputes.personalstatement.added", subject=statement, by=by, at=at,
           data={"account": account.ref, "period": period})  # fmt: skip
    return statement


@transaction.atomic
def withdraw_statement(account: CardAccount, period: str, *, by: User, at: datetime) -> None:
    """Take the words back; the bureau is asked to take them off. Errors: Stale if none stand."""
    statement = _withdraw_statement(account, period, at=at)
    if statement is None:
        raise Stale(account.pk)
    _publish(statement, at=at)
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


def _publish(statement: PersonalStatement, *, at: datetime) -> None:
    """Tell the bank what the record is to carry from now on: the words of then (disputes.facts)."""
    data = {"period": statement.period, "ref": str(statement.ref)}
    outbox.publish("record.statement", account_ref=statement.account.ref, at=at, data=data)
