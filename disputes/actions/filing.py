"""A case is sent in by the cardholder, or taken down by the staff at once.

Sending is one transaction: the deadline, the marks and holds, the receipt and the mail are there
with the case, or nothing is. Lock order: account, case.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.timezone import localdate

from accounts.models import CardAccount, User
from disputes import effects, filing_queries, letters, lines, notices, rules, states, terms
from disputes.actions import clocks
from disputes.actions.drafting import Right, keep_lines, keep_rights, locked, open_draft
from disputes.lines import Contested, Name
from disputes.models import Dispute
from disputes.policy import CURRENT
from disputes.rules import Representative
from portal.kit.errors import Refused, gettext_noop
from portal.records import moves

TWICE = timedelta(minutes=10)  # not of the law: within it the same words are a second click
GAPS: dict[str, str] = {
    "matter": gettext_noop("Say first what it is about."),
    "lines": gettext_noop("Choose the month or months that are wrong."),
    "reason": gettext_noop("Say what is wrong."),
    "right": gettext_noop("Tell us in your own words what happened."),
    "authority": gettext_noop("Add the paper that allows the other person to act for you."),
}


@transaction.atomic
def send(draft: Dispute, *, basis: str, language: str, by: User, at: datetime) -> Dispute:
    """Send a draft as it was read on the check page (`basis`, of filing_queries).

    Errors: IllegalMove once it was sent; Refused DISPUTE-CHANGED if it reads otherwise now,
    DISPUTE-STEP if an answer is missing, DISPUTE-MANY, DISPUTE-LINE, DISPUTE-GONE.
    """
    account = CardAccount.objects.select_for_update().get(pk=draft.account_id)
    row = locked(draft)
    if filing_queries.basis(row) != basis:
        raise Refused(
            "DISPUTE-CHANGED",
            gettext_noop("Your answers were changed in another window. Check them again."),
        )
    if gap := rules.first_gap(filing_queries.answers(row)):
        raise Refused("DISPUTE-STEP", GAPS[gap])
    row.language = language
    return _received(row, account, received_at=at, by=by, at=at)


@dataclass(frozen=True)
class Filed:
    """A case as the staff took it down. `lines`: kind and key, and what each should be."""

    matter: str
    language: str
    topic: str = ""
    reason: str = ""
    lines: Mapping[Name, Right] | None = None
    words: str = ""
    remedy: str = ""
    contact_by: str = Dispute.Contact.PORTAL
    representative: Representative | None = None


@transaction.atomic
def record_received(
    account: CardAccount, filed: Filed, *, channel: str, received_at: datetime, by: User,
    at: datetime,
) -> Dispute:  # fmt: skip
    """Take down a case that came by phone, letter, at the counter or from a regulator.

    The clock counts from `received_at`. A second click makes no second case: what the same person
    took down in the very same words just now is returned. Errors: those of send() but
    DISPUTE-MANY; Refused DISPUTE-OLD if no rules are known for that day, DISPUTE-AUTHORITY if
    someone acts for the cardholder and nobody has seen that they may.
    """
    _check_day(filed.matter, localdate(received_at), on=localdate(at))
    account = CardAccount.objects.select_for_update().get(pk=account.pk)
    if same := _taken_twice(account, filed, channel=channel, by=by, at=at):
        return same
    row = open_draft(account, channel, language=filed.language, by=by, at=at)
    row.matter, row.topic, row.reason = filed.matter, filed.topic, filed.reason
    row.words, row.remedy, row.contact_by = filed.words, filed.remedy, filed.contact_by
    helper = filed.representative
    if helper and not helper.seen:
        no = gettext_noop("Look at the authority to act for the cardholder first, and say so.")
        raise Refused("DISPUTE-AUTHORITY", no)
    row.representative = helper.to_json() if helper else ""
    row.save()
    asked = filed.lines or {}
    keep_lines(row, list(asked))
    keep_rights(row, asked)
    if gap := rules.first_gap(filing_queries.answers(row)):
        raise Refused("DISPUTE-STEP", GAPS[gap])
    return _received(row, account, received_at=received_at, by=by, at=at)


def _taken_twice(
    account: CardAccount, filed: Filed, *, channel: str, by: User, at: datetime
) -> Dispute | None:
    """Return the case that a second click would make again. Under the account's lock."""
    just = account.disputes.filter(
        started_by=by, channel=channel, matter=filed.matter, topic=filed.topic,
        reason=filed.reason, started_at__gt=at - TWICE, submitted_at__isnull=False,
    )  # fmt: skip
    helper = filed.representative.to_json() if filed.representative else ""
    told = (filed.words, filed.remedy, helper, set(filed.lines or {}))
    for case in just.order_by("pk"):
        names = set(case.lines.values_list("kind", "key"))
        if (case.words, case.remedy, case.representative, names) == told:
            return case
    return None


def _check_day(matter: str, received_on: date, *, on: date) -> None:
    earliest = terms.received_from(matter, on=on)
    if received_on < earliest:
        no = gettext_noop(
            "A case can be taken down here if it was received on %(earliest)s or later. Check the "
            "year. Handle an older case on paper."
        )
        raise Refused("DISPUTE-OLD", no, earliest=earliest)


def _received(
    row: Dispute, account: CardAccount, *, received_at: datetime, by: User, at: datetime
) -> Dispute:
    """Make it a case: its deadline first, which a case that was sent must have."""
    if row.channel == Dispute.Channel.PORTAL:  # what comes otherwise is taken down in any case
        _check_most(account)
    _refresh(row, account)
    row.submitted_at = received_at
    row.save()
    clocks.start(row, round=1, by=by, at=at)
    row.refresh_from_db()
    told = {
        "matter": row.matter, "topic": row.topic, "reason": row.reason, "channel": row.channel,
        "lines": row.lines.count(), "received_at": received_at,
    }  # fmt: skip
    to, table = Dispute.Status.RECEIVED, states.TABLES[Dispute]
    moves.move(row, to, table=table, by=by, at=at, data=told)
    effects.begin(row, by=by, at=at)
    letters.write(row, "receipt", at=at)
    notices.tell(row, "dispute.received", at=at)
    return row


def _check_most(account: CardAccount) -> None:
    live = Dispute.objects.filter(account__cardholder=account.cardholder_id)
    if live.filter(status__in=Dispute.LIVE).count() >= CURRENT.most_live:
        no = gettext_noop(
            "You have %(most)s open cases. Please wait until one is decided, or call us."
        )
        raise Refused("DISPUTE-MANY", no, most=CURRENT.most_live)


def _refresh(row: Dispute, account: CardAccount) -> None:
    """Keep the lines as they read now. Errors: Refused DISPUTE-GONE for one that is not there."""
    rows = list(row.lines.all())
    found = lines.find_all(account, [(line.kind, line.key) for line in rows])
    for line in rows:
        reads = found.get((line.kind, line.key))
        if reads is None:
            no = gettext_noop(
                "%(line)s is no longer in the bank's books. Take it out, or tell us in words."
            )
            raise Refused("DISPUTE-GONE", no, line=Contested.read(line.facts).named)
        told = line.facts.get("extra", {}).get("certified")
        line.facts = reads.facts()
        if told:
            line.facts["extra"]["certified"] = told
        line.amount = reads.amount
        line.save(update_fields=["facts", "amount"])
