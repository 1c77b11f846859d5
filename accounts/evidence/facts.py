"""Read what a document certifies as of the account's feed, and refuse what is not so.

The books are read once and walked once; no query per row.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.timezone import localdate, localtime, make_aware

from accounts import queries
from accounts.book import ZERO, Components, Movement
from accounts.evidence import rules
from accounts.evidence.gathered import (
    Basis,
    ContactLine,
    Copy,
    Gathered,
    RecordLine,
    Settlement,
    Source,
)
from accounts.evidence.ledger import Entry, Ledger, movements_of
from accounts.masking import masked
from accounts.models import CardAccount, EvidenceRequest, FeedLoad, Posting
from portal.kit.errors import Refused, gettext_noop
from portal.kit.money import formatted
from portal.records import documents, retention

__all__ = ["Gathered", "check_askable", "gather"]

Kind = EvidenceRequest.Kind
ENTRY = (*queries.MOVEMENT, "transacted_on", "description", "merchant", "channel")
DAY = timedelta(days=1)


def gather(request: EvidenceRequest, *, at: datetime) -> Gathered:
    """Return what the document says, as of the account's feed. `at` is the moment of issue.

    All of it as of one moment, though a feed may go live meanwhile. At most ten queries, whatever
    the number of rows. Errors: Refused EV-1 to EV-5.
    """
    with one_moment():
        account = CardAccount.objects.select_related("cardholder").get(pk=request.account_id)
        ledger = read(account)
        base = _base(request, account, ledger, at=at)
        return replace(base, **_parts(request, account, ledger, base, at=at))


@contextmanager
def one_moment() -> Iterator[None]:
    """Let every query read the same state of the database, unless a transaction is open already.

    PostgreSQL by default takes a new look for each statement; SQLite for each transaction.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def read(account: CardAccount) -> Ledger:
    """Read an account's books. Two queries."""
    rows = account.postings.order_by("posted_on", "ref").values_list(*ENTRY)
    return Ledger(
        bills=queries.bills(account),
        entries=[Entry(Movement(*row[:5]), *row[5:]) for row in rows],
        as_of=account.as_of,
        opened_on=account.opened_on,
        rule=queries.principal_first_from(account.as_of),
    )


def check_askable(account: CardAccount, kind: str, *, books: Ledger | None = None) -> None:
    """Refuse early, on the form, what gather() would refuse. Errors: Refused EV-2, EV-3, EV-5.

    `books`: the account's, where they have been read already.
    """
    if kind == Kind.SETTLEMENT:
        books = books or read(account)
        owed = queries.stands(account, books.bills, books.movements).by_component
        rules.check_settled(owed, said=formatted(owed.total, account.currency))
    elif kind == Kind.AGREEMENTS:
        _check_any(queries.plan_history(account))
    elif kind == Kind.HOLDER:
        _check_listed(account)


def _check_any(plans: Sequence[queries.PlanPast]) -> None:
    if not plans:
        raise Refused(
            "EV-3", gettext_noop("No agreement has been signed for this account in the portal.")
        )


def _check_listed(account: CardAccount) -> None:
    if account.closed_by_feed:
        raise Refused(
            "EV-5",
            gettext_noop(
                "The bank no longer lists this account, so we cannot say who holds it now. "
                "Please call the bank's service phone."
            ),
        )


def _base(
    request: EvidenceRequest, account: CardAccount, ledger: Ledger, *, at: datetime
) -> Gathered:
    """Gather what every document says. One query, and the person decrypted."""
    person = account.cardholder.person
    from_on, until_on = _period(request, ledger)
    return Gathered(
        number=request.number,
        kind=request.kind,
        purpose=request.purpose,
        at=localtime(at),
        from_on=from_on,
        until_on=until_on,
        account_ref=account.ref,
        basis=Basis(account.version, account.as_of, account.cardholder.person_hash),
        product=account.product,
        card_last4=account.card_last4,
        currency=account.currency,
        opened_on=account.opened_on,
        status=account.status,
        held_by=account.held_by,
        agency_name=account.agency_name,
        full_name=person.full_name,
        id_masked=masked(person.id_number, start=2, end=2),
        source=_source(account.as_of),
    )


def _source(as_of: date) -> Source:
    """Name the feed of a day if there was but one: the account does not say which it came by."""
    feeds = FeedLoad.objects.filter(as_of=as_of)[:2]
    if len(feeds) != 1:
        return Source(institution="", feed_id="", as_of=as_of, loaded_at=None)
    (feed,) = feeds
    return Source(feed.institution, feed.feed_id, as_of, localtime(feed.loaded_at))


def _period(request: EvidenceRequest, ledger: Ledger) -> tuple[date | None, date | None]:
    """Return the period asked for; the whole history where a kind needs one and none is given."""
    if request.kind not in (Kind.REPAYMENTS, Kind.OVERDUE):
        return None, None
    known = {"as_of": ledger.as_of, "earliest": ledger.earliest}
    if request.from_on is None or request.until_on is None:
        return rules.period("all", **known)
    return rules.check_period(request.from_on, request.until_on, **known)


def _parts(
    request: EvidenceRequest,
    account: CardAccount,
    ledger: Ledger,
    base: Gathered,
    *,
    at: datetime,
) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    if request.kind == Kind.SETTLEMENT:
        parts["settlement"] = _settlement(account, ledger)
    elif request.kind == Kind.AGREEMENTS:
        plans = queries.plan_history(account)
        _check_any(plans)
        parts |= {"plans": plans, "copies": [_copy(plan) for plan in plans]}
    elif request.kind == Kind.HOLDER:
        _check_listed(account)
    if base.from_on is None or base.until_on is None:
        return parts
    if request.kind == Kind.REPAYMENTS:
        parts["movements"] = movements_of(ledger, base.from_on, base.until_on)
        _check_page(account, ledger)
    if request.with_records or request.kind == Kind.OVERDUE:
        parts["records"] = _records(account, base.from_on, base.until_on)
    if request.with_contacts:
        parts["contacts"] = _contacts(account, base.from_on, base.until_on)
        parts["contacts_from"] = retention.CATEGORIES["accounts.contacts"].before(localdate(at))
    parts["disputes"] = _disputes(account, base.from_on, base.until_on)
    if request.with_plans:
        parts["plans"] = queries.plan_history(account)
    return parts


def _check_page(account: CardAccount, ledger: Ledger) -> None:
    """What we certify ends where the account page ends. Errors: Refused EV-1."""
    page = queries.stands(account, ledger.bills, ledger.movements).by_component
    walked = ledger.walk(ledger.as_of).parts
    rules.check_reconciled(rules.reconcile(walked, (), page, amounts=(), statements=()))


def _records(account: CardAccount, from_on: date, until_on: date) -> list[RecordLine]:
    """Return all versions of the reports for months that the period touches, oldest first."""
    within = account.overdue_records.filter(
        period__gte=f"{from_on:%Y-%m}", period__lte=f"{until_on:%Y-%m}"
    )
    rows = list(within.order_by("period", "version"))
    newest = {row.period: row.version for row in rows}
    return [
        RecordLine(
            line=f"R-{number:04}",
            period=row.period,
            version=row.version,
            latest=row.version == newest[row.period],
            days_past_due=row.days_past_due,
            reported_code=row.reported_code,
            overdue_amount=row.overdue_amount,
            reported_on=row.reported_on,
            bureau=row.bureau,
            notified_on=row.notified_on,
            disputed=row.disputed,
        )
        for number, row in enumerate(rows, 1)
    ]


def _disputes(account: CardAccount, from_on: date, until_on: date) -> list[queries.DisputePast]:
    """Return the cases about lines of the books that were open on a day of the period."""
    return [
        past
        for past in queries.dispute_history(account)
        if past.lines
        and past.filed_on <= until_on
        and (past.settled_on is None or past.settled_on >= from_on)
    ]


def _contacts(account: CardAccount, from_on: date, until_on: date) -> list[ContactLine]:
    """Return the contacts of the period's days, as the clock on the wall here showed them."""
    begins = make_aware(datetime.combine(from_on, time.min))
    ends = make_aware(datetime.combine(until_on + DAY, time.min))
    rows = account.contact_attempts.filter(at__gte=begins, at__lt=ends).order_by("at", "ref")
    return [
        ContactLine(
            line=f"C-{number:04}",
            ref=row.ref,
            at=localtime(row.at),
            channel=row.channel,
            by=row.by,
            purpose=row.purpose,
            outcome=row.outcome,
        )
        for number, row in enumerate(rows, 1)
    ]


def _copy(plan: queries.PlanPast) -> Copy:
    """Fetch the signed bytes as they are registered. Errors: Damaged if they changed."""
    return Copy(plan, b"" if plan.purged else documents.fetch(plan.document_sha256))


def _settlement(account: CardAccount, ledger: Ledger) -> Settlement:
    """Errors: Refused EV-1 if the whole history does not add up, EV-2 if anything is owed."""
    whole = movements_of(ledger, ledger.earliest, ledger.as_of)
    _check_page(account, ledger)
    owed = whole.closing
    rules.check_settled(owed, said=formatted(owed.total, account.currency))
    waived = (p.amount for p in whole.postings if p.kind == Posting.Kind.WAIVER)
    return Settlement(
        settled_on=rules.settled_on(
            whole.opening.total, [(p.posted_on, p.balance) for p in whole.postings]
        ),
        owed=Components(max(ZERO, owed.principal), owed.interest, owed.default_sum, owed.fees),
        in_favour=max(ZERO, -owed.total),
        repaid=whole.repaid,
        waived=-sum(waived, ZERO),
    )
