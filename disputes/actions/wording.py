"""The bank's own paragraphs: one person writes another version, a second one puts it to use."""

from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import User
from disputes import wording
from disputes.models import FormLetter
from portal.kit.errors import Refused, Stale, gettext_noop
from portal.records.audit import record


def newest(key: str, language: str) -> FormLetter | None:
    """Return the last version that was written of a paragraph, approved or not."""
    rows = FormLetter.objects.filter(key=key, language=language)
    return rows.select_related("made_by", "approved_by").order_by("-version").first()


@transaction.atomic
def write(
    key: str, language: str, *, title: str, body: str, after: int, by: User, at: datetime
) -> FormLetter:
    """Keep another version of a paragraph. It is not in use before a second person approves it.

    `after`: the last version the writer saw, 0 for none. Errors: Refused WORD-1, WORD-2 for its
    fields, WORD-3 if nothing changed; Stale if someone wrote a version meanwhile.
    """
    wording.check(body)
    was = newest(key, language) or wording.ours(key, language)
    if was.version != after:
        raise Stale(key)
    if (was.title, was.body) == (title, body):
        raise Refused("WORD-3", gettext_noop("Nothing has changed, so there is nothing to keep."))
    row = FormLetter(
        key=key, language=language, version=after + 1, title=title, body=body,
        made_by=by, made_at=at,
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise Stale(key) from None
    record("disputes.wording_written", subject=row, by=by, at=at, data=_facts(row))
    return row


@transaction.atomic
def approve(row: FormLetter, *, by: User, at: datetime) -> None:
    """Put a version to use. Errors: Refused DUTY-4 for who wrote it; Stale if it is not waiting.

    A version that was followed by another waits no more.
    """
    if by.pk == row.made_by_id:
        no = gettext_noop("You wrote this version. Someone else must read it and approve it.")
        raise Refused("DUTY-4", no)
    later = FormLetter.objects.filter(
        key=row.key, language=row.language, version__gt=row.version
    ).exists()
    waiting = FormLetter.objects.filter(pk=row.pk, approved_at=None)
    if later or not waiting.update(approved_by=by, approved_at=at):
        raise Stale(row.pk)
    record("disputes.wording_approved", subject=row, by=by, at=at, data=_facts(row))


def _facts(row: FormLetter) -> dict[str, object]:
    return {"key": row.key, "language": row.language, "version": row.version}
