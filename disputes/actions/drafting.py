"""A draft: begun, saved at each step, thrown away. actions/filing.py sends it.

Each save returns the step to show next. Errors of all: IllegalMove once the draft was sent.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from accounts.models import CardAccount, User
from disputes import files, filing_queries, lines, locks, rules, states
from disputes.filing_queries import Pick
from disputes.lines import Contested, Name
from disputes.models import Dispute, Line, Upload
from disputes.policy import CURRENT
from disputes.rules import Representative
from portal.kit.errors import IllegalMove, Refused, gettext_noop
from portal.records import moves
from portal.records.audit import record
from portal.records.documents import new_code

Status, Channel = Dispute.Status, Dispute.Channel
WRONG_AMOUNT = Dispute.Reason.WRONG_AMOUNT
MORE = gettext_noop(
    "This is more than it says now. Enter what it should be at most, or leave it empty and tell us "
    "in your own words."
)
TAKEN = gettext_noop("%(line)s is in case %(number)s already, which is still open.")


@transaction.atomic
def begin(account: CardAccount, *, language: str, by: User, at: datetime) -> Dispute:
    """Return the account's draft; make one if there is none. Two tabs get the same."""
    account = CardAccount.objects.select_for_update().get(pk=account.pk)
    draft = account.disputes.filter(status=Status.DRAFT, channel=Channel.PORTAL).first()
    return draft or open_draft(account, Channel.PORTAL, language=language, by=by, at=at)


def open_draft(
    account: CardAccount, channel: str, *, language: str, by: User, at: datetime
) -> Dispute:
    draft = Dispute.objects.create(
        number=f"DP-{new_code(8)}", account=account, channel=channel, language=language,
        step=rules.STEPS[0], started_at=at, started_by=by,
    )  # fmt: skip
    record("disputes.dispute.begun", subject=draft, by=by, at=at, data={"channel": channel})
    return draft


def locked(draft: Dispute) -> Dispute:
    """Return the draft, which nobody else changes meanwhile. Errors: IllegalMove once sent."""
    row = locks.locked(draft)
    if row.status != Status.DRAFT:
        raise IllegalMove(row.status, Status.DRAFT)
    return row


def _saved(row: Dispute, step: str, *, by: User, at: datetime, onward: bool = False) -> str:
    """Keep a step and return the one to show next: after "Change" that is the check page again.

    `onward`: the answer changed what is asked next.
    """
    order = rules.steps(row.matter, helped=bool(row.representative))
    follows = rules.beside(step, order, 1)
    changing = row.step == "check" and not onward
    row.step = rules.later(row.step, follows) if row.step in order else follows
    row.save()
    record("disputes.dispute.saved", subject=row, by=by, at=at, data={"step": step})
    return (rules.first_gap(filing_queries.answers(row)) or "check") if changing else follows


@transaction.atomic
def save_matter(draft: Dispute, *, matter: str, topic: str, by: User, at: datetime) -> str:
    """Say what it is about; lines and a reason that do not belong to it are dropped."""
    row = locked(draft)
    changed = row.matter != matter
    row.matter, row.topic = matter, topic if matter == Dispute.Matter.SERVICE else ""
    row.lines.exclude(kind__in=rules.KINDS[matter]).delete()
    if row.reason not in rules.REASONS[matter]:
        row.reason = ""
    return _saved(row, "matter", by=by, at=at, onward=changed)


@transaction.atomic
def add_line(draft: Dispute, pick: Pick, *, by: User, at: datetime) -> str:
    """Put one line into a draft, with the certified copy it was read in. Sets the matter.

    A pick that says what is right fills that in, for the person to look at on its page.

    Errors: Refused DISPUTE-LINE for a line of an open case, DISPUTE-MATTER if the draft is about
    something else, DISPUTE-LINES for too many.
    """
    row, matter = locked(draft), rules.MATTER_OF[pick.line.kind]
    if row.matter and row.matter != matter:
        no = gettext_noop("Your draft %(number)s is about something else. Finish that one first.")
        raise Refused("DISPUTE-MATTER", no, number=row.number)
    if pick.taken:
        raise Refused("DISPUTE-LINE", TAKEN, line=pick.line.named, number=pick.taken.dispute.number)
    names = [*row.lines.values_list("kind", "key"), (pick.line.kind, pick.line.key)]
    row.matter = matter
    _choose(row, names, {names[-1]: pick.line})
    if pick.fills_in(row.reason):
        row.reason = row.reason or WRONG_AMOUNT
        row.lines.filter(kind=names[-1][0], key=names[-1][1]).update(asked_amount=pick.right)
    if cite := pick.citation:
        row.lines.filter(kind=pick.line.kind, key=pick.line.key).update(
            document_number=cite.number, document_sha256=cite.sha256,
            document_line=cite.copy.ref, facts=pick.line.facts(),
        )  # fmt: skip
    return _saved(row, "lines", by=by, at=at)


@transaction.atomic
def save_lines(draft: Dispute, names: Sequence[Name], *, by: User, at: datetime) -> str:
    """Keep exactly the named lines; what was said of those that stay, stays.

    Errors: Refused DISPUTE-LINE for one that an open case has, or that the account has not;
    DISPUTE-LINES for too many.
    """
    row = locked(draft)
    keep_lines(row, names)
    return _saved(row, "lines", by=by, at=at)


def keep_lines(row: Dispute, names: Sequence[Name]) -> None:
    """Keep exactly the named lines of a locked draft. Errors: those of save_lines()."""
    new = set(names) - set(row.lines.values_list("kind", "key"))
    found = lines.find_all(row.account, new)
    if len(found) < len(new) or any(kind not in rules.KINDS[row.matter] for kind, _key in names):
        raise Refused(
            "DISPUTE-LINE",
            gettext_noop("One of these is not among your account's entries. Choose again."),
        )
    for name, line in lines.open_lines(new).items():
        raise Refused("DISPUTE-LINE", TAKEN, line=found[name].named, number=line.dispute.number)
    _choose(row, names, found)


def _choose(row: Dispute, names: Iterable[Name], found: Mapping[Name, Contested]) -> None:
    wanted, kept = dict.fromkeys(names), set()
    if len(wanted) > CURRENT.most_lines:
        no = gettext_noop("One case can hold up to %(most)s entries. File the others in another.")
        raise Refused("DISPUTE-LINES", no, most=CURRENT.most_lines)
    for line in row.lines.all():
        if (line.kind, line.key) in wanted:
            kept.add((line.kind, line.key))
        else:
            line.delete()
    Line.objects.bulk_create(
        Line(dispute=row, kind=name[0], key=name[1], facts=found[name].facts(),
             amount=found[name].amount)
        for name in wanted if name not in kept
    )  # fmt: skip


@transaction.atomic
def save_reason(draft: Dispute, reason: str, *, by: User, at: datetime) -> str:
    """Say what is wrong; what it should be is asked for anew if that changed."""
    row = locked(draft)
    changed, row.reason = row.reason != reason, reason
    if changed:
        row.lines.update(asked_amount=None, asked_days=None)
    return _saved(row, "reason", by=by, at=at, onward=changed)


@dataclass(frozen=True)
class Right:
    """What one line should say; None: not said. `amount` has the sign of the line."""

    amount: Decimal | None = None
    days: int | None = None


@transaction.atomic
def save_right(
    draft: Dispute, asked: Mapping[Name, Right], *, words: str, remedy: str, by: User, at: datetime
) -> str:
    """Say what each line should be, and what happened. Errors: those of keep_rights()."""
    row = locked(draft)
    keep_rights(row, asked)
    row.words, row.remedy = words, remedy
    return _saved(row, "right", by=by, at=at)


def keep_rights(row: Dispute, asked: Mapping[Name, Right]) -> None:
    """Write down what each line of a locked draft should be.

    Errors: Refused DISPUTE-MORE for a debit that should be more than it is.
    """
    for line in row.lines.all():
        right = asked.get((line.kind, line.key), Right())
        if rules.too_much(right.amount, line.amount):
            raise Refused("DISPUTE-MORE", MORE)
        line.asked_amount, line.asked_days = right.amount, right.days
        line.save(update_fields=["asked_amount", "asked_days"])


@transaction.atomic
def save_seen(draft: Dispute, step: str, *, by: User, at: datetime) -> str:
    """Go on from a page whose files are kept already."""
    return _saved(locked(draft), step, by=by, at=at)


@transaction.atomic
def save_contact(
    draft: Dispute, *, contact_by: str, helper: Representative | None, by: User, at: datetime
) -> str:
    """Say how to be asked, and who acts for the cardholder, if anybody does."""
    row = locked(draft)
    row.contact_by, row.representative = contact_by, helper.to_json() if helper else ""
    if helper is None:
        _remove_files(row, by=by, at=at, purpose=Upload.Purpose.AUTHORITY)
    return _saved(row, "contact", by=by, at=at)


@transaction.atomic
def discard(draft: Dispute, *, by: User, at: datetime) -> None:
    """Throw a draft away: nothing that was written in it is kept. Errors: IllegalMove once sent."""
    row = locked(draft)
    row.lines.all().delete()
    _remove_files(row, by=by, at=at)
    emptied: dict[str, Any] = dict.fromkeys(
        ("sealed_words", "sealed_remedy", "sealed_representative", "reason", "topic"), ""
    )
    table = states.TABLES[Dispute]
    moves.move(row, Status.WITHDRAWN, table=table, by=by, at=at, ended_at=at, **emptied)


def _remove_files(row: Dispute, *, by: User, at: datetime, **which: str) -> None:
    for upload in row.uploads.filter(removed_at=None, **which):
        files.remove(upload, by=by, at=at)
