"""A case is sent in by the cardholder, or taken down by the staff at once.

Sending is one transaction: the deadline, the marks and holds, the receipt and the mail are there
with the case, or nothing is. Lock order: account, case.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import CardAccount, User
from disputes import effects, filing_queries, letters, lines, notices, rules, states
from disputes.actions import clocks
from disputes.actions.drafting import Right, keep_lines, keep_rights, locked, open_draft
from disputes.lines import Contested, Name
from disputes.models import Dispute
from disputes.policy import CURRENT
from disputes.rules import Representative
from portal.kit.errors import Refused, gettext_noop
from portal.records import moves

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

    The clock counts from `received_at`. Errors: those of send(); Refused DISPUTE-AUTHORITY if
    someone acts for the cardholder and nobody has seen that they may.
    """
    account = CardAccount.objects.select_for_update().get(pk=account.pk)
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


def _received(
    row: Dispute, account: CardAccount, *, received_at: datetime, by: User, at: datetime
) -> Dispute:
    """Make it a case: its deadline first, which a case that was sent must have."""
    live = Dispute.objects.filter(account__cardholder=account.cardholder_id)
    if live.filter(status__in=Dispute.LIVE).count() >= CURRENT.most_live:
        no = gettext_noop(
            "You have %(most)s open cases. Please wait until one is decided, or call us."
        )
        raise Refused("DISPUTE-MANY", no, most=CURRENT.most_live)
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
