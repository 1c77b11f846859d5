"""The certificate of a plan that was kept: drawn and sealed by a worker, filed once."""

import logging
from datetime import datetime

from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from plans.keeping import certificate_paper, queries
from plans.keeping.looking import look
from plans.models import Agreement
from plans.notices import tell
from portal.kit.errors import Stale
from portal.records import documents, retention, sealing
from portal.records.audit import record

log = logging.getLogger(__name__)
KIND = "plans.certificate"
PAUSE = 3600  # seconds before one that failed is tried again


def is_paused(agreement: Agreement) -> bool:
    """Tell whether it could not be written lately."""
    return bool(cache.get(_key(agreement)))


def _key(agreement: Agreement) -> str:
    return f"{KIND}:{agreement.pk}"


def write(agreement: Agreement, *, at: datetime) -> bool:
    """Write, seal and file one certificate; False if another was first or it could not be made."""
    if is_paused(agreement):
        return False
    try:
        _make(agreement, at=at)
    except Stale:  # another was first, or money came back and the watch will see it
        cache.set(_key(agreement), 1, PAUSE)
        return False
    except Exception:  # a name that cannot be printed, a full disk: the others must not wait
        log.exception("the certificate of %s could not be written", agreement.number)
        cache.set(_key(agreement), 1, PAUSE)
        return False
    return True


def language_of(agreement: Agreement) -> str:
    """Return the language that the cardholder reads."""
    holder = agreement.account.cardholder
    return holder.user.language if holder.user else holder.language


def draw(agreement: Agreement, *, language: str, at: datetime) -> tuple[bytes, str, str]:
    """Return the sealed PDF, its code and its title.

    Errors: Stale if by now something is short; those of sealing.draw_sealed().
    """
    number = number_of(agreement)
    code = documents.code_of(number, language)
    with override(language):
        seen = look(agreement, at=at)
        if seen.is_short:  # a certificate says that nothing is left: not when money came back
            raise Stale(agreement.pk)
        paper = certificate_paper.paper_of(seen, number=number, code=code, language=language, at=at)
        return sealing.draw_sealed(paper, at=at, reason=_("Certificate")), code, paper.title


def number_of(agreement: Agreement) -> str:
    return f"{agreement.number}-C"


def _make(agreement: Agreement, *, at: datetime) -> None:
    language = language_of(agreement)
    pdf, code, title = draw(agreement, language=language, at=at)
    documents.store(pdf)
    try:
        _file(agreement, pdf, code=code, title=title, language=language, at=at)
    except Exception:
        retention.delete_file(documents.digest(pdf))  # nothing that the register lacks
        raise


@transaction.atomic
def _file(
    agreement: Agreement, pdf: bytes, *, code: str, title: str, language: str, at: datetime
) -> None:
    locked = Agreement.objects.select_for_update(of=("self",)).select_related(
        "account__cardholder__user"
    )
    current = locked.get(pk=agreement.pk)
    if current.status != Agreement.Status.COMPLETED or current.certificate_id:
        raise Stale(agreement.pk)
    document = documents.file_document(
        KIND, pdf, subject=current, number=number_of(current), code=code, title=title,
        language=language, sealed=True, at=at,
    )  # fmt: skip
    current.certificate = document
    current.save(update_fields=["certificate"])
    data = {"sha256": document.sha256, "code": code}
    record("plans.agreement.certified", subject=current, by=None, at=at, data=data)
    if not queries.is_quiet(current):
        tell(current.account, "plan.certificate", number=current.number, at=at)
