"""What was recorded of contacts with a person, with its marks, and what the person permits."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.fields.tuple_lookups import TupleLessThan
from django.utils.timezone import localtime

from accounts import queries
from accounts.contacts import agencies, rules
from accounts.contacts.rules import Attempt, Limits, Mark, Permitted
from accounts.models import CardAccount, Cardholder, ContactAttempt, ContactChoice, Hold
from portal.kit import crypto
from portal.packs import load
from portal.records.retention import start_of

PAGE = 25  # contacts shown at once
LOOK = 500  # contacts looked through at once for marked ones
Channel = ContactAttempt.Channel


@dataclass(frozen=True)
class Asked:
    """Which contacts are asked for. Anything unknown means all of them."""

    account: str = ""  # the account's ref
    channel: str = ""
    marked: bool = False
    after: str = ""  # the ref of the contact behind which to go on

    @classmethod
    def of(cls, asked: Mapping[str, Any], accounts: Iterable[CardAccount]) -> "Asked":
        account, channel = asked.get("account", ""), asked.get("channel", "")
        after = asked.get("after", "")
        return cls(
            account if account in {each.ref for each in accounts} else "",
            channel if channel in Channel.values else "",
            asked.get("marked") == "yes",
            after if "\0" not in after else "",  # no database takes it
        )

    @property
    def filtered(self) -> bool:
        return bool(self.account or self.channel or self.marked)


class Row(NamedTuple):
    """One contact as the pages show it."""

    contact: ContactAttempt
    account: CardAccount
    code: str  # of the agency that made it; "" for the bank
    agency: str  # its name; "" if no account in the bank's books tells it
    marks: tuple[Mark, ...]
    case: str  # the number of the open case that contests it


@dataclass(frozen=True)
class Contacts:
    """A page of contacts, newest first; `older` starts the next ("" at the end)."""

    rows: list[Row]
    older: str
    looked: int  # how many were looked through for marked ones; 0 if all are shown


@dataclass(frozen=True)
class Person:
    """Whose contacts they are. `contested`: the accounts that an open case is about."""

    accounts: dict[int, CardAccount]
    contested: frozenset[int]
    choices: list[Permitted]

    @property
    def chosen(self) -> Permitted | None:
        """What was chosen last; None if nothing ever was."""
        return self.choices[-1] if self.choices else None


def person(cardholder: Cardholder) -> Person:
    """Return what the pages need of someone besides the contacts. Two queries."""
    disputes = Hold.objects.filter(reason=Hold.Reason.DISPUTE, until_at=None)
    contested = Exists(disputes.filter(account=OuterRef("pk")))  # each case places one
    own = CardAccount.objects.filter(cardholder=cardholder).order_by("opened_on", "ref")
    found = list(own.annotate(contested=contested))
    return Person(
        {each.pk: each for each in found},
        frozenset(each.pk for each in found if each.contested),
        choices_of(cardholder),
    )


def page(whose: Person, asked: Asked) -> Contacts:
    """Return a page of contacts on a person's accounts with their marks.

    Two queries; one more behind the first page, one more for each account with an open case;
    up to two for an agency that looks after none of the accounts now (agencies.names).
    Marked ones are looked for among the next LOOK contacts, so the work stays bounded: a page may
    then hold fewer than PAGE and still have older ones.
    """
    size = LOOK if asked.marked else PAGE
    looked = list(_asked_for(whose, asked)[: size + 1])
    more, looked = len(looked) > size, looked[:size]
    marks = _marks(looked, whose.accounts, whose.choices)
    fitting = [each for each in looked if marks[each.pk] or not asked.marked]
    shown, older = fitting[:PAGE], ""
    if len(fitting) > PAGE:
        older = shown[-1].ref
    elif more:
        older = looked[-1].ref
    return Contacts(_rows(shown, whose, marks), older, len(looked) if asked.marked and more else 0)


def _asked_for(whose: Person, asked: Asked) -> QuerySet[ContactAttempt]:
    found = ContactAttempt.objects.filter(account__in=whose.accounts).order_by("-at", "-pk")
    if asked.after and (last := found.filter(ref=asked.after).first()):
        found = found.filter(TupleLessThan(("at", "pk"), (last.at, last.pk)))
    if asked.account:
        found = found.filter(account__ref=asked.account)
    return found.filter(channel=asked.channel) if asked.channel else found


def _rows(
    shown: Sequence[ContactAttempt], whose: Person, marks: Mapping[int, tuple[Mark, ...]]
) -> list[Row]:
    own = whose.accounts
    cases = {
        line.key: line.number
        for pk in {each.account_id for each in shown} & whose.contested
        for line in queries.disputed(own[pk])
        if line.kind == "contact"
    }
    names = agencies.names(shown, own.values())
    return [
        Row(
            each, own[each.account_id], "" if each.by == rules.BANK else each.by,
            names.get(each.by, ""), marks[each.pk], cases.get(each.ref, ""),
        )
        for each in shown
    ]  # fmt: skip


# == marks


def marks_of(contacts: Sequence[ContactAttempt]) -> dict[int, tuple[Mark, ...]]:
    """Return why each of these contacts of one person is marked, by primary key. Four queries."""
    if not contacts:
        return {}
    holder = Cardholder.objects.get(accounts=contacts[0].account_id)
    own = CardAccount.objects.filter(cardholder=holder).values_list("pk", flat=True)
    return _marks(contacts, own, choices_of(holder))


def _marks(
    contacts: Sequence[ContactAttempt], own: Iterable[int], choices: Sequence[Permitted]
) -> dict[int, tuple[Mark, ...]]:
    """Mark contacts of one person, whose accounts are `own`. One query: the calls beside them."""
    if not contacts:
        return {}
    limits_on = limits_by_day()
    attempts = [_attempt(each) for each in contacts]
    calls = _calls_beside(attempts, own, limits_on)
    numbers, talks = rules.numbered(calls, limits_on), rules.too_soon(calls, limits_on)
    return {
        each.id: rules.marks(
            each, number=numbers.get(each.id, 0), talked_on=talks.get(each.id), choices=choices,
            limits_on=limits_on,
        )
        for each in attempts
    }  # fmt: skip


def _calls_beside(
    attempts: Sequence[Attempt], own: Iterable[int], limits_on: rules.LimitsOn
) -> list[Attempt]:
    """Return every call on these accounts that may matter for one of the attempts."""
    days = {each.at.date() for each in attempts}
    reach = max(limits_on(day).reach for day in days)
    since = start_of(min(days) - timedelta(days=reach - 1))
    calls = ContactAttempt.objects.filter(
        account__in=list(own), channel=Channel.CALL, at__gte=since,
        at__lt=start_of(max(days) + timedelta(days=1)),
    )  # fmt: skip
    return [
        Attempt(pk, localtime(at), Channel.CALL, by, account, outcome)
        for pk, at, by, account, outcome in calls.values_list(
            "pk", "at", "by", "account_id", "outcome"
        )
    ]


def _attempt(row: ContactAttempt) -> Attempt:
    return Attempt(row.pk, localtime(row.at), row.channel, row.by, row.account_id)


def limits_by_day() -> rules.LimitsOn:
    """Return what looks up the rules of a day, each day once."""
    known: dict[date, Limits] = {}

    def limits_on(on: date) -> Limits:
        if on not in known:
            known[on] = limits(on)
        return known[on]

    return limits_on


def limits(on: date) -> Limits:
    return Limits.of(load(settings.JURISDICTION, on=on))


# == what the person permits


def choices_of(cardholder: Cardholder) -> list[Permitted]:
    """Return everything someone has chosen, oldest first. One query."""
    return [permitted(row) for row in cardholder.contact_choices.order_by("made_at", "pk")]


def usual(on: date) -> Permitted:
    """Return what holds on a day for someone who has chosen nothing."""
    return rules.usual(limits(on), Channel.values)


def permitted(row: ContactChoice) -> Permitted:
    """Return what a row says, its time on the clock of the place."""
    return Permitted(row.earliest, row.latest, frozenset(row.channels), localtime(row.made_at))


# == what the bank is told


def for_bank(data: dict[str, Any]) -> dict[str, Any]:
    """Return the data of a `contact.changed` as it is handed over: `what`, `old` and `new`.

    The event is kept for good, so it holds no personal value itself: choices by key, addresses
    sealed. What was deleted since is null, and so is `old` where nothing had been chosen before.
    """
    if data["what"] == "email":
        return {"what": "email", **unsealed(data["sealed"], cardholder=data["cardholder"])}
    keys = data["old"], data["new"]
    rows = ContactChoice.objects.in_bulk([key for key in keys if key])
    old, new = (rules.told(permitted(rows[key])) if key in rows else None for key in keys)
    return {"what": data["what"], "old": old, "new": new}


def sealed(old: str, new: str, *, cardholder: str) -> str:
    """Seal an old and a new address for an event about this person (a Cardholder.ref)."""
    return crypto.encrypt(json.dumps({"old": old, "new": new}), bound_to=_bound(cardholder))


def unsealed(text: str, *, cardholder: str) -> dict[str, Any]:
    """Return both addresses; null once the person's row is gone, or the text was wiped."""
    if not text or not Cardholder.objects.filter(ref=cardholder).exists():
        return {"old": None, "new": None}
    found: dict[str, Any] = json.loads(crypto.decrypt(text, bound_to=_bound(cardholder)))
    return found


def _bound(cardholder: str) -> str:
    return f"records_outboxevent.data:{cardholder}"
