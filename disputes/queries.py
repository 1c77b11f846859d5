"""What the cardholder's pages and letters read of a case. No query per row."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from accounts.models import CardAccount, User
from accounts.queries import held_by
from disputes import terms
from disputes.effects import own_holds
from disputes.models import (
    Deadline,
    Decision,
    Dispute,
    Letter,
    Line,
    Message,
    PersonalStatement,
    Upload,
)
from portal.kit.money import ZERO
from portal.records import documents, outbox_files
from portal.records.models import Document, OutboxEvent

Status = Dispute.Status
PAGE = 30  # not of the law: rows of a page
OVER = {Status.WITHDRAWN, Status.FINAL, Status.CLOSED}
TOLD = (Message.Kind.MESSAGE, Message.Kind.QUESTION, Message.Kind.ANSWER)  # a note never is


def cases_of(user: User) -> QuerySet[Dispute]:
    """The cardholder's own cases, newest first, drafts of the portal too; any other is a 404.

    What the staff are still writing down for somebody is no case of theirs yet.
    """
    own = Dispute.objects.filter(account__in=held_by(user))
    unsent = Q(status=Status.DRAFT) & ~Q(channel=Dispute.Channel.PORTAL)
    return (
        own.exclude(unsent).select_related("account__cardholder__user", "deadline").order_by("-pk")
    )


def sent_by(user: User) -> QuerySet[Dispute]:
    """The cardholder's own cases that were sent in; drafts and discarded ones are not."""
    return cases_of(user).exclude(submitted_at=None)


@dataclass(frozen=True)
class Cases:
    """A page of the list: the draft to go on with, what is live, what has an answer or ended."""

    draft: list[Dispute]
    live: list[Dispute]
    answered: list[Dispute]
    after: str  # the number behind which the next page starts; "" at the end

    @property
    def any(self) -> bool:
        return bool(self.draft or self.live or self.answered)


def page_of(user: User, *, after: str) -> Cases:
    """Return drafts and live cases (all: there are few) and the others older than `after`."""
    own = cases_of(user).prefetch_related("lines")
    draft = list(own.filter(status=Status.DRAFT)) if not after else []
    live = list(own.filter(status__in=Dispute.LIVE)) if not after else []
    rest = own.exclude(submitted_at=None).exclude(status__in=Dispute.LIVE)
    if last := rest.filter(number=after).first():
        rest = rest.filter(pk__lt=last.pk)
    found = list(rest[: PAGE + 1])
    return Cases(draft, live, found[:PAGE], found[PAGE - 1].number if len(found) > PAGE else "")


# == one case


def thread(dispute: Dispute) -> list[Message]:
    """What was said, oldest first, with its files. Never a note."""
    files = Upload.objects.filter(removed_at=None).order_by("pk")
    rows = dispute.messages.filter(kind__in=TOLD).select_related("sent_by")
    return list(rows.prefetch_related(Prefetch("uploads", files)).order_by("pk"))


def loose_files(dispute: Dispute, *, by: User) -> QuerySet[Upload]:
    """Files that somebody added since the case was sent and that no message has taken along."""
    if dispute.submitted_at is None:
        return Upload.objects.none()
    rows = dispute.uploads.filter(message=None, removed_at=None, uploaded_by=by)
    return rows.filter(uploaded_at__gt=dispute.submitted_at)


def open_question(dispute: Dispute) -> Message | None:
    """The newest question that waits for an answer; None if there is none."""
    asked = dispute.messages.filter(kind=Message.Kind.QUESTION, answered_by=None)
    return asked.order_by("-pk").first()


def decisions(dispute: Dispute) -> list[Decision]:
    """What was decided, first answer first, with what it says of each line."""
    made = dispute.decisions.filter(status=Decision.Status.MADE).order_by("round")
    return list(made.prefetch_related("rulings__line"))


def decision_of(dispute: Dispute) -> Decision | None:
    """The answer that stands now."""
    made = dispute.decisions.filter(status=Decision.Status.MADE)
    return made.order_by("-round").first()


def asked_again(dispute: Dispute) -> str:
    """Why a second review was asked for, in the cardholder's words; "" if it was not."""
    begun = dispute.deadlines.filter(round=Deadline.REVIEW).order_by("step").first()
    if begun is None:
        return ""
    since = dispute.messages.filter(sent_at__gte=begun.made_at)
    here = Q(kind=Message.Kind.MESSAGE, sent_by__cardholder=dispute.account.cardholder_id)
    taken_down = Q(kind=Message.Kind.ANSWER)  # a review has no questions
    first = since.filter(here | taken_down).order_by("pk").first()
    return first.body if first else ""


@dataclass(frozen=True)
class Paused:
    """What stands still because of a case, as letters and pages say it."""

    marked: bool  # records carry the mark "in dispute"
    amount: Decimal | None  # of the hold; None without one
    contact: bool  # nobody calls or writes about what is contested

    @property
    def any(self) -> bool:
        return self.marked or self.contact


def paused(dispute: Dispute) -> Paused:
    """Return what a case stops now. Two queries."""
    holds = list(own_holds(dispute))
    amounts = [hold.amount for hold in holds if hold.amount is not None]
    marked = dispute.lines.filter(kind=Line.Kind.RECORD, open=True).exists()
    return Paused(marked, sum(amounts, ZERO) if amounts else None, bool(holds))


def to_hand_over(account: CardAccount, type: str) -> list[dict[str, Any]]:
    """Return the data of an account's outbox events that no file to the bank holds yet.

    Two queries, of the events since the last file alone.
    """
    rows = OutboxEvent.objects.filter(seq__gt=outbox_files.sent_up_to())
    return list(rows.filter(type=type, account_ref=account.ref).values_list("data", flat=True))


def bureau_told(dispute: Dispute) -> bool:
    """Tell whether the bank has been handed the marks of a case, to pass on to the bureau."""
    waiting = to_hand_over(dispute.account, "record.disputed")
    return all(data.get("case") != dispute.number for data in waiting)


# == the second review, and who else can help


def may_ask_review(dispute: Dispute, *, on: date) -> bool:
    """Tell whether a second review can be asked for on a day."""
    until = terms.review_until(dispute)
    return until is not None and on <= until


# == letters


@dataclass(frozen=True)
class Post:
    """A letter with its file as one gets it now; without a file it is still being written."""

    letter: Letter
    file: documents.Newest | None

    @property
    def late(self) -> bool:
        """No worker tries it any more: a colleague looks at it."""
        return self.letter.document_id is None and self.letter.next_try_at is None


def post_of(dispute: Dispute) -> list[Post]:
    """The letters of a case, newest first. Two queries."""
    letters = list(dispute.letters.select_related("document").order_by("-pk"))
    filed = [letter.document for letter in letters if letter.document]
    newest = {file.document.pk: file for file in documents.newest(*filed)}
    return [Post(each, newest[each.document.pk] if each.document else None) for each in letters]


def seen(post: list[Post]) -> str:
    """Say what of the letters a page shows, so that it can ask for more than that."""
    waits = any(each.file is None and not each.late for each in post)
    return f"{sum(each.file is not None for each in post)}-{len(post)}{'-' * waits}"


def letter_of(dispute: Dispute, number: str) -> tuple[Letter, Document] | None:
    """Return a letter of this case whose bytes are kept, by its number."""
    letter = dispute.letters.select_related("document").filter(number=number).first()
    if letter is None or letter.document is None or letter.document.purged_at:
        return None
    return letter, letter.document


# == a person's own words beside a record (CN-CR-06)


def statement_beside(account_id: int, period: str) -> PersonalStatement | None:
    """The statement that stands now."""
    rows = PersonalStatement.objects.filter(account=account_id, period=period, withdrawn_at=None)
    return rows.first()


def rulings_by_line(made: list[Decision]) -> dict[int, list[Any]]:
    """What each decision said of a line, by the line's id, first answer first."""
    found: dict[int, list[Any]] = defaultdict(list)
    for decision in made:
        for ruling in decision.rulings.all():
            if ruling.line_id is not None:
                found[ruling.line_id].append(ruling)
    return found
