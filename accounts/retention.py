"""What this room deletes after its time, and what a legal hold on a person or account reaches.

The ledger itself is the bank's: it goes with the account in the bank's books, never by a purge.
"""

from datetime import date, datetime
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import CharField, Exists, F, Model, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils.translation import gettext_lazy as _

from accounts.feed.run_queries import rejects_file
from accounts.models import (
    ActivationCode,
    Attempts,
    CardAccount,
    Cardholder,
    ContactAttempt,
    ContactChoice,
    EvidenceRequest,
    FeedRun,
    OneTimeCode,
    User,
)
from accounts.models.people import REF_AS_TYPED
from accounts.own import own_among
from portal.kit.errors import Refused, gettext_noop
from portal.records.models import Document, Notice, OutboxEvent, OutboxExport
from portal.records.outbox_files import UNFINISHED
from portal.records.retention import Category, clear, held, start_of

ACCOUNT, PERSON = "accounts.cardaccount:", "accounts.cardholder:"
EVIDENCE = "accounts.evidencerequest:"


def subject(prefix: str, key: str) -> Concat:
    """Name a row in SQL as records do: accounts.cardaccount:12."""
    return Concat(Value(prefix), Cast(key, CharField()), output_field=CharField())


# == legal holds


def widened(held: set[str]) -> set[str]:
    """Return what is kept beside the held subjects: a person's accounts, an account's person."""
    theirs = CardAccount.objects.filter(cardholder__in=_keys(held, PERSON))
    owners = CardAccount.objects.filter(pk__in=_keys(held, ACCOUNT))
    return {f"{ACCOUNT}{pk}" for pk in theirs.values_list("pk", flat=True)} | {
        f"{PERSON}{pk}" for pk in owners.values_list("cardholder_id", flat=True)
    }


def found(what: str, typed: str) -> CardAccount | Cardholder | None:
    """Return the account or person (`what`) of a reference, as CodeField tidies it."""
    model: Any = CardAccount if what == "account" else Cardholder
    row: CardAccount | Cardholder | None = (
        model.objects.alias(typed=REF_AS_TYPED).filter(typed=typed).first()
    )
    return row


def references(subjects: set[str]) -> dict[str, str]:
    """Return the reference of each held account and person, by subject. Two queries."""
    accounts = CardAccount.objects.filter(pk__in=_keys(subjects, ACCOUNT))
    people = Cardholder.objects.filter(pk__in=_keys(subjects, PERSON))
    return {f"{ACCOUNT}{pk}": ref for pk, ref in accounts.values_list("pk", "ref")} | {
        f"{PERSON}{pk}": ref for pk, ref in people.values_list("pk", "ref")
    }


def check_hold(subject: str, by: User) -> None:
    """Nobody places or lifts a legal hold on themselves. Errors: Refused DUTY-1."""
    people = _keys({subject} | widened({subject}), PERSON)
    if own_among(by, Cardholder.objects.filter(pk__in=people)):
        raise Refused("DUTY-1", gettext_noop("This is about yourself. A colleague must do it."))


def _keys(subjects: set[str], prefix: str) -> set[int]:
    return {int(name.removeprefix(prefix)) for name in subjects if name.startswith(prefix)}


# == mails, contacts, evidence: two people


def _mails(before_on: date) -> QuerySet[Any, Any]:
    """Mails sent or given up. They belong to the person whose sign-in has their address now."""
    old = Notice.objects.filter(next_try_at=None, made_at__lt=start_of(before_on))
    person = Cardholder.objects.filter(user__email=OuterRef("recipient"))
    named = Subquery(person.values(name=subject(PERSON, "pk"))[:1])
    return old.annotate(owner=Coalesce(named, Value("")), ended=F("made_at"))


def _contacts(before_on: date) -> QuerySet[Any, Any]:
    """Contacts of accounts on which nobody was contacted since: the last one counts for all."""
    later = ContactAttempt.objects.filter(account=OuterRef("account"), at__gte=start_of(before_on))
    old = ContactAttempt.objects.filter(~Exists(later), at__lt=start_of(before_on))
    return old.annotate(owner=subject(ACCOUNT, "account_id"), ended=F("at"))


def _choices(before_on: date) -> QuerySet[Any, Any]:
    """Choices that a later one replaced; the last one counts and stays."""
    later = ContactChoice.objects.filter(cardholder=OuterRef("cardholder"), pk__gt=OuterRef("pk"))
    old = ContactChoice.objects.annotate(
        owner=subject(PERSON, "cardholder_id"),
        ended=Subquery(later.order_by("pk").values("made_at")[:1]),
    )
    return old.filter(ended__lt=start_of(before_on))


def _evidence(before_on: date) -> QuerySet[Any, Any]:
    """Requests with documents, once the account left the bank's books: `as_of` is its last day."""
    old = EvidenceRequest.objects.filter(account__closed_by_feed=True, account__as_of__lt=before_on)
    kept = Document.objects.filter(subject=OuterRef("name"), purged_at=None)
    named = old.annotate(
        name=subject(EVIDENCE, "pk"), owner=subject(ACCOUNT, "account_id"),
        ended=F("account__as_of"),
    )  # fmt: skip
    return named.filter(Exists(kept))


def _clear_evidence(pks: list[Any], at: datetime) -> list[str]:
    names = [f"{EVIDENCE}{pk}" for pk in pks]
    return clear(Document.objects.filter(subject__in=names, purged_at=None), at=at)


# == what nobody would miss: by itself


def _codes(before_on: date) -> QuerySet[Any, Any]:
    return OneTimeCode.objects.filter(expires_at__lt=start_of(before_on))


def _letters(before_on: date) -> QuerySet[Any, Any]:
    return ActivationCode.objects.filter(expires_at__lt=start_of(before_on))


def _attempts(before_on: date) -> QuerySet[Any, Any]:
    """A window is a local day or hour as text (accounts.limits), so texts compare as days do."""
    return Attempts.objects.filter(window__lt=before_on.isoformat())


def _sessions(before_on: date) -> QuerySet[Any, Any]:
    return Session.objects.filter(expire_date__lt=start_of(before_on))


def _devices(before_on: date) -> QuerySet[Any, Any]:
    """Addresses and browsers of sessions that have ended. A session being made is a day younger."""
    old: QuerySet[Any, Any] = UserSession.objects.filter(created_at__lt=start_of(before_on))
    return old.exclude(session_key__in=Session.objects.values("session_key"))


def _feed_runs(before_on: date) -> QuerySet[Any, Any]:
    """What is kept of loads; that a feed went live stays in FeedLoad and the audit trail."""
    return FeedRun.objects.filter(started_at__lt=start_of(before_on))


def _addresses(before_on: date) -> QuerySet[Any, Any]:
    """Events of a changed address that the bank has had for the time; a legal hold keeps them."""
    had = OutboxExport.objects.filter(
        first_seq__lte=OuterRef("seq"),
        last_seq__gte=OuterRef("seq"),
        made_at__lt=start_of(before_on),
    ).exclude(sha256=UNFINISHED)
    told = OutboxEvent.objects.filter(type="contact.changed", data__what="email")
    kept = Cardholder.objects.filter(pk__in=_keys(held(), PERSON)).values_list("ref", flat=True)
    left = told.exclude(data__sealed="").exclude(data__cardholder__in=list(kept))
    return left.filter(Exists(had))


def _blank_addresses(pks: list[Any], at: datetime) -> list[str]:
    """The events stay; handed over again, both addresses are null (contacts.queries.for_bank)."""
    events = list(OutboxEvent.objects.filter(pk__in=pks))
    for event in events:
        event.data["sealed"] = ""
    OutboxEvent.objects.bulk_update(events, ["data"])
    return []


def _purge_feed_runs(pks: list[Any], at: datetime) -> list[str]:
    """Delete the lists of rejects, then the runs: killed between, the next night goes on."""
    old = FeedRun.objects.filter(pk__in=pks)
    for run in old.exclude(rejects_file=""):
        if path := rejects_file(run):
            path.unlink(missing_ok=True)
    old.delete()
    return []


def deleting(model: type[Model]) -> Any:
    """Return a Category.purge that deletes the rows."""

    def purge(pks: list[Any], at: datetime) -> list[str]:
        model._default_manager.filter(pk__in=pks).delete()
        return []

    return purge


GONE = _("The rows are deleted.")
CATEGORIES = (
    Category(
        "accounts.mails", _("E-mails we sent"),
        _("The mails are deleted, with address, subject and text."),
        ("mails",), _mails, deleting(Notice),
    ),
    Category(
        "accounts.contacts", _("Contacts made to collect"),
        _("The contacts are deleted, and cardholders no longer see them."),
        ("retention.collection_records", "limitation.years"), _contacts, deleting(ContactAttempt),
    ),
    Category(
        "accounts.contact_choices", _("Hours and ways of contact that were replaced"),
        _("The replaced choices are deleted. The one that counts now stays."),
        ("retention.collection_records",), _choices, deleting(ContactChoice),
    ),
    Category(
        "accounts.evidence", _("Certified statements and certificates"),
        _("The files and their titles are deleted. Number, code and fingerprint stay, so that "
          "anyone who checks a copy still learns that we issued it."),
        ("retention.transactions",), _evidence, _clear_evidence,
    ),
    Category(
        "accounts.codes", _("Spent one-time codes"), GONE,
        ("codes",), _codes, deleting(OneTimeCode), routine=True,
    ),
    Category(
        "accounts.letters", _("Spent codes of activation letters"), GONE,
        ("codes",), _letters, deleting(ActivationCode), routine=True,
    ),
    Category(
        "accounts.attempts", _("Counts of attempts"), GONE,
        ("attempts",), _attempts, deleting(Attempts), routine=True,
    ),
    Category(
        "accounts.sessions", _("Sessions that have ended"), GONE,
        ("sessions",), _sessions, deleting(Session), routine=True,
    ),
    Category(
        "accounts.devices", _("Devices of sessions that have ended"), GONE,
        ("sessions",), _devices, deleting(UserSession), routine=True,
    ),
    Category(
        "accounts.feed_runs", _("Loads of the bank’s feed and their rejects"), GONE,
        ("feeds",), _feed_runs, _purge_feed_runs, routine=True,
    ),
    Category(
        "accounts.old_addresses", _("E-mail addresses in messages that the bank has had"),
        _("The addresses are deleted. That one was changed, and when, stays."),
        ("mails",), _addresses, _blank_addresses, routine=True,
    ),
)  # fmt: skip
