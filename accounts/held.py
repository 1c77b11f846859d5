"""One account as its pages need it: the row, its holds, and the state of its books. One query."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model, OuterRef, QuerySet, Subquery, Sum
from django.http import Http404

from accounts import queries, rules
from accounts.models import CardAccount, FeedLoad, Hold, OverdueRecord, User
from portal.kit.prepared import Prepared


def columns(model: type[Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields)


ACCOUNT, HOLD = columns(CardAccount), columns(Hold)
BOOKS = ("newest_feed", "marked")


@dataclass(frozen=True)
class Held:
    """`row` and `holds` are the rows as read; with `books` they change when the account does.

    `books` is the newest feed of all, and the sum of the ids of the records marked as disputed: a
    feed of records raises no version, and a mark may end after its hold.
    """

    row: tuple[Any, ...]
    holds: list[tuple[Any, ...]]  # live and ended, oldest first
    books: tuple[Any, ...]

    @cached_property
    def account(self) -> CardAccount:
        return CardAccount.from_db(DEFAULT_DB_ALIAS, ACCOUNT, self.row)

    @cached_property
    def live(self) -> list[Hold]:
        """What stops collection now."""
        rows = [Hold.from_db(DEFAULT_DB_ALIAS, HOLD, row) for row in self.holds]
        return [hold for hold in rows if hold.until_at is None]

    @property
    def netted(self) -> queries.Holds:
        at = [HOLD.index(name) for name in queries.HOLD]
        return queries.netted(tuple(row[i] for i in at) for row in self.holds)


def _read(accounts: QuerySet[CardAccount]) -> QuerySet[CardAccount, tuple[Any, ...]]:
    marked = OverdueRecord.objects.filter(account=OuterRef("pk"), disputed=True).order_by()
    return (
        accounts.annotate(
            newest_feed=Subquery(FeedLoad.objects.order_by("-pk").values("pk")[:1]),
            marked=Subquery(marked.values("account").annotate(of=Sum("pk")).values("of")),
        )
        .order_by("holds__from_at", "holds__pk")
        .values_list(*ACCOUNT, *BOOKS, *(f"holds__{name}" for name in HOLD))
    )


def _of_person(user: int, ref: str) -> QuerySet[CardAccount, tuple[Any, ...]]:
    return _read(CardAccount.objects.filter(cardholder__user=user, ref=ref))


def _by_ref(ref: str) -> QuerySet[CardAccount, tuple[Any, ...]]:
    return _read(CardAccount.objects.filter(ref=ref))


_own, _any = Prepared(_of_person, int, str), Prepared(_by_ref, str)


def own(user: User, ref: str) -> Held:
    """Return the cardholder's own account. Errors: Http404 for any other."""
    return _held(_own(user.pk, ref))


def of_anyone(ref: str) -> Held:
    """Return an account for staff. Errors: Http404 if there is none."""
    return _held(_any(ref))


def _held(rows: Sequence[tuple[Any, ...]]) -> Held:
    if not rows:
        raise Http404
    end, after = len(ACCOUNT), len(ACCOUNT) + len(BOOKS)
    holds = [row[after:] for row in rows if row[after] is not None]
    return Held(rows[0][:end], holds, rows[0][end:after])


def standing(held: Held) -> rules.Position:
    """Return where the account stands. Two queries."""
    account = held.account
    return queries.stands(account, queries.bills(account), queries.movements(account), held.netted)
