"""A case as its handlers see it: each line as it was and as it is, and everything around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from accounts import queries as ledger
from accounts.explained_page import Explained
from accounts.ledger_page import LABELS
from accounts.models import (
    CardAccount,
    ContactAttempt,
    EvidenceRequest,
    Hold,
    OverdueRecord,
    Posting,
    Statement,
)
from accounts.rules import annual_percent
from disputes import facts, queries, words
from disputes import terms as terms_of
from disputes.lines import Contested
from disputes.models import Deadline, Decision, Dispute, Line, Ruling
from disputes.recount import Recount, Stood
from disputes.weighing import reads_now
from portal.kit.money import formatted
from portal.records.typeset import Block, Paper

BEFORE, AFTER = timedelta(days=45), timedelta(days=75)  # around a line: its bill and the next
MOST = 60  # rows of one kind


@dataclass(frozen=True)
class Change:
    """One fact of a line: as it read when the case came in, and as it reads now."""

    name: object
    then: str
    now: str

    @property
    def differs(self) -> bool:
        return self.then != self.now


@dataclass(frozen=True)
class LineView:
    """One contested line with what it should be and what was decided on it."""

    line: Line
    then: Contested
    now: Contested | None
    asked: list[tuple[object, str]]
    rulings: list[Ruling]
    words: ledger.OwnWords | None  # of the cardholder, beside the record
    how: Explained | None = None  # a movement worked out from the account's own terms
    stood: Stood | None = None  # a record beside our own count of its month

    @property
    def facts(self) -> list[Change]:
        """Fact by fact, then beside now; an empty pair is left out."""
        then, now = shown(self.then), shown(self.now) if self.now else {}
        pairs = [(name, then.get(name, ""), now.get(name, "")) for name in NAMES]
        return [Change(NAMES[name], a, b) for name, a, b in pairs if a or b]


NAMES: dict[str, Any] = {
    "on": gettext_lazy("Day"),
    "text": gettext_lazy("Text"),
    "amount": gettext_lazy("Amount"),
    "days": gettext_lazy("Days past due"),
    "code": pgettext_lazy("of a record", "Code"),
    "bureau": gettext_lazy("Bureau"),
    "reported_on": gettext_lazy("Reported on"),
    "notified_on": gettext_lazy("Told beforehand on"),
    "transacted_on": gettext_lazy("Transacted on"),
    "due_on": gettext_lazy("Due on"),
    "minimum": gettext_lazy("Minimum"),
    "channel": gettext_lazy("Channel"),
    "by": gettext_lazy("By"),
}
DAYS = ("reported_on", "notified_on", "transacted_on", "due_on")


def shown(line: Contested) -> dict[str, str]:
    """Return the facts of a line as texts."""
    texts = {name: str(line.extra.get(name, "") or "") for name in NAMES}
    for name in DAYS:
        if texts[name]:
            texts[name] = date_format(date.fromisoformat(texts[name]), "SHORT_DATE_FORMAT")
    if texts["minimum"]:
        texts["minimum"] = formatted(Decimal(texts["minimum"]), line.currency)
    if line.kind == Line.Kind.POSTING:
        texts["code"] = str(LABELS.get(texts["code"], texts["code"]))
    if line.kind == Line.Kind.CONTACT:
        labels = dict(ContactAttempt.Channel.choices)
        texts["channel"] = str(labels.get(texts["channel"], texts["channel"]))
    texts["on"] = date_format(line.on, "SHORT_DATE_FORMAT")
    texts["text"] = "" if line.kind == Line.Kind.RECORD else line.text  # month, code, bureau
    texts["amount"] = "" if line.amount is None else formatted(line.amount, line.currency)
    return texts


def line_views(dispute: Dispute, decisions: Sequence[Decision]) -> list[LineView]:
    """Return each line beside itself. One query for each kind of line, and for own words.

    Two more where a movement or a record is worked out again beside it.
    """
    reads, ruled = reads_now(dispute), queries.rulings_by_line(list(decisions))
    own, recount = facts.own_words(dispute.account), Recount(dispute.account)
    return [
        LineView(
            line, Contested.read(line.facts), reads.get(line.pk), _asked(line), ruled[line.pk],
            own.get(line.key.rpartition(":")[2]) if line.kind == Line.Kind.RECORD else None,
            recount.movement(line), recount.record(line, reads.get(line.pk)),
        )
        for line in dispute.lines.all()
    ]  # fmt: skip


def _asked(line: Line) -> list[tuple[object, str]]:
    found: list[tuple[object, str]] = []
    if line.asked_amount is not None:
        found.append((NAMES["amount"], formatted(line.asked_amount, line.facts["currency"])))
    if line.asked_days is not None:
        found.append((NAMES["days"], str(line.asked_days)))
    return found


# == around it


@dataclass(frozen=True)
class Around:
    """The account's history near the contested lines, each list oldest first."""

    statements: list[Statement]
    postings: list[Posting]
    records: list[OverdueRecord]
    contacts: list[ContactAttempt]
    holds: list[Hold]
    contested: set[str]  # keys of the lines, to mark them
    more: bool  # some movements or contacts near them are left out


def around(dispute: Dispute) -> Around:
    """Read what lies near the lines; without lines, near the day it came in. Five queries."""
    account = dispute.account
    rows = list(dispute.lines.all())
    days = [date.fromisoformat(line.facts["on"]) for line in rows]
    if not days and dispute.submitted_at:
        days = [dispute.submitted_at.date()]
    bills, moved, called = Q(pk=None), Q(pk=None), Q(pk=None)
    for day in days:
        span = (day - BEFORE, day + AFTER)
        bills |= Q(statement_on__range=span)
        moved |= Q(posted_on__range=span)
        called |= Q(at__date__range=span)
    postings = list(account.postings.filter(moved).order_by("posted_on", "ref")[: MOST + 1])
    contacts = list(account.contact_attempts.filter(called).order_by("at", "ref")[: MOST + 1])
    return Around(
        statements=list(account.statements.filter(bills).order_by("statement_on")[:MOST]),
        postings=postings[:MOST],
        records=list(account.overdue_records.order_by("-period", "-version")[:MOST])[::-1],
        contacts=contacts[:MOST],
        holds=list(account.holds.order_by("from_at", "pk")[:MOST]),
        contested={line.key.removeprefix(f"{account.ref}:") for line in rows},
        more=max(len(postings), len(contacts)) > MOST,
    )


def terms(account: CardAccount) -> list[tuple[object, str]]:
    """Return what the contract says about rates and fees, in words."""
    yearly, late, least = (
        f"{annual_percent(account.daily_rate):f}",
        _percent(account.late_fee_rate),
        _percent(account.minimum_rate),
    )
    return [
        (_("Interest"), _("%(percent)s %% a year") % {"percent": yearly}),
        (_("Interest is counted on"), str(account.get_interest_basis_display())),
        (_("Late payment charge"), _("%(percent)s %% of the minimum not paid") % {"percent": late}),
        (_("Minimum payment"), _("%(percent)s %% of the balance") % {"percent": least}),
        (_("Statement day"), str(account.statement_day)),
    ]


def _percent(rate: Any) -> str:
    return f"{(rate * 100).normalize():f}"


# == what the bank holds already (CN-CMP-06)


def held(dispute: Dispute) -> list[tuple[object, str]]:
    """Name what need not, and must not, be asked for: kind, and how much of it there is."""
    account = dispute.account
    bills = account.statements.order_by("statement_on").values_list("statement_on", flat=True)
    paid = account.postings.filter(kind=Posting.Kind.REPAYMENT).count()
    certified = account.evidence_requests.filter(status=EvidenceRequest.Status.READY).count()
    agreed = [plan.document_number for plan in ledger.plan_history(account)]
    files = [each.name for each in dispute.uploads.filter(removed_at=None)]
    days = [date_format(day, "SHORT_DATE_FORMAT") for day in bills]
    return [
        (_("Identity and contact"), _("Name, identity document, phone and address are on file")),
        (_("Bills"), f"{len(days)}: {days[0]} – {days[-1]}" if days else _("None")),
        (_("Payments received"), str(paid)),
        (_("Other movements"), str(account.postings.exclude(kind="repayment").count())),
        (_("What was reported"), _months(account)),
        (_("Calls, messages, letters and visits"), str(account.contact_attempts.count())),
        (_("Certified documents we made"), str(certified)),
        (_("Agreements signed here"), ", ".join(agreed) or _("None")),
        (_("Files in this case"), ", ".join(files) or _("None")),
    ]


def _months(account: CardAccount) -> str:
    count = account.overdue_records.values("period").distinct().count()
    return ngettext("%(count)s month", "%(count)s months", count) % {"count": count}


# == its clock


def deadlines(dispute: Dispute) -> list[tuple[Deadline, str]]:
    """Return each deadline it had, first to last, with how long its rule gives, in words."""
    rows = dispute.deadlines.order_by("round", "step")
    return [(row, words.length(row.value, row.unit)) for row in rows]


@dataclass(frozen=True)
class Longer:
    """The next longer time that the rules know."""

    rule: str
    source: str
    length: str  # in words
    needs_approval: bool
    needs_news: bool


def longer(dispute: Dispute) -> Longer | None:
    """Return what an extension would lead to; None where the time cannot grow."""
    rule = terms_of.next_extension(dispute) if dispute.deadline else None
    if rule is None:
        return None
    return Longer(
        rule.id, rule.source, words.length(rule.value, rule.unit),
        terms_of.needs_approval(dispute, rule), terms_of.needs_news(dispute, rule),
    )  # fmt: skip


def blocks(sheet: Paper) -> list[tuple[str, Block]]:
    """Return a letter's blocks with what each is, for its page: heading, paragraph …"""
    return [(type(block).__name__.lower(), block) for block in sheet.blocks]
