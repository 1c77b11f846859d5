"""What this room deletes after its time: whole cases, and what people took back of records.

A case goes with its lines, thread, files, decisions and letters. The register of documents keeps
number, code and fingerprint of its letters, the audit trail what was done: neither is personal.
"""

from datetime import date, datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from accounts.files import store
from accounts.retention import ACCOUNT, PERSON, deleting, subject
from disputes.models import (
    Correction,
    Deadline,
    Decision,
    Dispute,
    Extension,
    Letter,
    Message,
    Pause,
    PersonalStatement,
    Ruling,
    Upload,
)
from portal.records.models import Document
from portal.records.retention import Category, clear, start_of


def keeps(owner: OuterRef) -> list[QuerySet[Any, Any]]:
    """Return the cases that have not ended of an account, and those of a person, if `owner` is one.

    Such a case keeps what it may be about as a legal hold would: contacts, certified documents,
    agreements, mails.
    """
    going_on = Dispute.objects.filter(submitted_at__isnull=False, ended_at=None)
    names = subject(ACCOUNT, "account_id"), subject(PERSON, "account__cardholder_id")
    return [going_on.annotate(name=name).filter(name=owner) for name in names]


def _cases(before_on: date) -> QuerySet[Any, Any]:
    """Cases that ended before, and drafts begun before; none whose correction is still to come."""
    moment = start_of(before_on)
    to_come = Correction.objects.filter(ruling__decision__dispute=OuterRef("pk"), done_at=None)
    over = Q(ended_at__lt=moment) | Q(submitted_at=None, ended_at=None, started_at__lt=moment)
    old = Dispute.objects.filter(over).exclude(Exists(to_come))
    return old.annotate(
        owner=subject(ACCOUNT, "account_id"), ended=Coalesce("ended_at", "started_at")
    )


def _delete_cases(pks: list[Any], at: datetime) -> list[str]:
    """Delete cases with all that belongs to them. The bytes of files go after the commit.

    Killed before that, the sweep of files that no row names finds them.
    """
    letters = Letter.objects.filter(dispute__in=pks)
    hashes = clear(Document.objects.filter(pk__in=letters.values("document")), at=at)
    for upload in Upload.objects.filter(dispute__in=pks):
        transaction.on_commit(partial(store.drop, upload))
    Correction.objects.filter(ruling__decision__dispute__in=pks).delete()
    Ruling.objects.filter(decision__dispute__in=pks).delete()
    Message.objects.filter(dispute__in=pks).update(answers=None)  # they protect one another
    for model in (Decision, Upload, Message, Letter, Extension, Pause):
        model._default_manager.filter(dispute__in=pks).delete()
    # A case and its deadline protect one another, too; the database looks at the commit.
    deadlines = Deadline.objects.filter(dispute__in=pks)
    deadlines._raw_delete(deadlines.db)
    Dispute.objects.filter(pk__in=pks).delete()  # and its lines
    return hashes


def _statements(before_on: date) -> QuerySet[Any, Any]:
    """Own words beside a record that the person took back or replaced."""
    old = PersonalStatement.objects.filter(withdrawn_at__lt=start_of(before_on))
    return old.annotate(owner=subject(ACCOUNT, "account_id"), ended=F("withdrawn_at"))


CATEGORIES = (
    Category(
        "disputes.cases", _("Objections and complaints"),
        _("The cases are deleted, with everything written and all files. Number, code and "
          "fingerprint of the letters stay, so that anyone who checks one still learns that we "
          "issued it."),
        ("retention.complaints",), _cases, _delete_cases,
    ),
    Category(
        "disputes.statements", _("Own words beside a record, taken back"),
        _("The words are deleted. What stands beside a record now stays."),
        ("retention.complaints",), _statements, deleting(PersonalStatement),
    ),
)  # fmt: skip
