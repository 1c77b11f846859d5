"""What the pages of a new case read."""

import json
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet

from accounts.evidence import lines as certified
from accounts.evidence import queries as evidence
from accounts.explain import taken_back
from accounts.explained_page import ledger
from accounts.models import CardAccount, User
from disputes import lines, queries, rules, words
from disputes.clock import chain
from disputes.lines import Contested
from disputes.models import Dispute, Line, Upload
from disputes.rules import Answers, Representative
from portal import packs
from portal.kit.crypto import fingerprint
from portal.kit.http import law


def drafts_of(user: User) -> QuerySet[Dispute]:
    """The cardholder's drafts: at most one for each account."""
    return queries.cases_of(user).filter(status=Dispute.Status.DRAFT)


def times(*, on: date) -> list[tuple[str, str]]:
    """Return each matter and how long an answer to it may take, in words."""
    pack = packs.load(law(), on=on)
    first = {matter: chain(pack, matter, round=1)[0] for matter in Dispute.Matter.values}
    return [
        (str(Dispute.Matter(matter).label), words.length(rule.value, rule.unit))
        for matter, rule in first.items()
    ]


def files_of(dispute: Dispute, purpose: str) -> QuerySet[Upload]:
    """Files that count: neither taken back nor found unusable, nor held back."""
    kept = dispute.uploads.filter(purpose=purpose, removed_at=None)
    useless = (Upload.Status.REJECTED, Upload.Status.QUARANTINED)
    return kept.exclude(status__in=useless).order_by("pk")


def answers(draft: Dispute) -> Answers:
    """Return what a draft says so far, for the rules."""
    helper = representative(draft)
    shown = files_of(draft, Upload.Purpose.AUTHORITY).exists()
    return Answers(
        matter=draft.matter,
        topic=draft.topic,
        lines=draft.lines.count(),
        reason=draft.reason,
        words=draft.words,
        helped=helper is not None,
        authority=shown or bool(helper and helper.seen),
    )


def basis(draft: Dispute) -> str:
    """Return a fingerprint of all that would be sent: what was read is what is sent."""
    told = [
        draft.matter, draft.topic, draft.reason, draft.words, draft.remedy, draft.contact_by,
        draft.representative,
        [
            [line.kind, line.key, str(line.asked_amount), line.asked_days, line.document_sha256]
            for line in draft.lines.all()
        ],
        [str(ref) for ref in draft.uploads.filter(removed_at=None).values_list("ref", flat=True)],
    ]  # fmt: skip
    return fingerprint(json.dumps(told), purpose=f"dispute basis:{draft.number}")


@dataclass(frozen=True)
class Citation:
    """A line of a certified document, by which an outsider finds the very same line."""

    number: str
    sha256: str  # of the sealed bytes
    copy: certified.Line


@dataclass(frozen=True)
class Pick:
    """A line that a case is begun with, as it reads now, and the certified copy it came from."""

    line: Contested
    citation: Citation | None = None
    taken: Line | None = None
    right: Decimal | None = None  # what its amount should be by our own sums, with its sign
    part_back: bool = False  # the bank took back some of it: `right` is what it was to be before

    def fills_in(self, reason: str) -> bool:
        """Tell whether a draft with this reason, or none yet, takes `right` as an answer."""
        reason = reason or Dispute.Reason.WRONG_AMOUNT
        return self.right is not None and rules.asks_amount(reason, self.line.kind)

    def worth(self, account: CardAccount, right: Decimal | None) -> "Pick":
        """Return it with what its amount should be. Two queries for a movement."""
        back = False
        if right is not None and self.line.kind == Line.Kind.POSTING:
            books = ledger(account).books
            posting = books.by_ref.get(self.line.key)
            back = bool(posting and taken_back(posting, books))
        return replace(self, right=right, part_back=back)


def picked(account: CardAccount, name: str) -> Pick | None:
    """Return the line of this account with a Contested.name; None if there is none."""
    parts = lines.parted(name)
    found = lines.find(account, *parts) if parts else None
    return Pick(found, None, _taken(found)) if found else None


def cited(user: User, account: CardAccount, number: str, ref: str, *, language: str) -> Pick | None:
    """Return the ledger's line that a line of a person's certified document is about.

    None if there is no such document, line, or ledger line. Errors: documents.Gone, Damaged.
    """
    asked = evidence.requests_of(user).filter(number=number, account=account).first()
    document = evidence.readable(asked, language) if asked else None
    copy = certified.line(document, ref) if document else None
    if document is None or copy is None:
        return None
    found = lines.find(account, *lines.name_of(account, copy))
    if found is None:
        return None
    citation = Citation(document.number, document.sha256, copy)
    return Pick(found.cited(copy), citation, _taken(found))


def _taken(line: Contested) -> Line | None:
    return lines.open_lines([(line.kind, line.key)]).get((line.kind, line.key))


@dataclass(frozen=True)
class Asked:
    """One line of a draft as its pages show it."""

    row: Line
    line: Contested


def asked(draft: Dispute) -> list[Asked]:
    return [Asked(row, Contested.read(row.facts)) for row in draft.lines.all()]


def representative(draft: Dispute) -> Representative | None:
    return Representative.read(draft.representative)
