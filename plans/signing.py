"""Both sign: the bytes that were read get the acceptance attached and the bank's seal."""

import json
from dataclasses import dataclass
from datetime import datetime

from allauth.account.adapter import get_adapter
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts import queries as ledger
from accounts.actions import place_hold
from accounts.models import CardAccount, Hold, User
from plans.actions import move
from plans.agreement import Terms, clauses
from plans.forms.signing import SignForm
from plans.models import Agreement, Instalment, Offer, OfferDraft
from plans.notices import tell
from portal.kit.crypto import fingerprint
from portal.kit.errors import IllegalMove, Refused, Stale, gettext_noop
from portal.records import documents
from portal.records.audit import record
from portal.records.outbox import publish


@dataclass(frozen=True)
class Signature:
    """How a cardholder signed: recorded in the PDF, never pretending to be more than it was."""

    typed_name: str
    method: str  # "email-code" or "totp"
    consents: list[str]
    session: str  # fingerprint of the session, not its key
    address: str  # fingerprint of the network address


def signature_from(request: HttpRequest, form: SignForm, method: str) -> Signature:
    """Gather how a request signs: the form is valid and the code has been checked."""
    address = get_adapter().get_client_ip(request) or ""
    return Signature(
        typed_name=form.cleaned_data["name"],
        method=method,
        consents=form.consents,
        session=fingerprint(request.session.session_key or "", purpose="session"),
        address=fingerprint(address, purpose="address"),
    )


def acceptance(
    offer: Offer, draft: OfferDraft, terms: Terms, signature: Signature, *, at: datetime
) -> bytes:
    """Return acceptance.json: what was read, by whom it was accepted, how and when."""
    facts = {
        "format": "arrears-portal/acceptance/1",
        "agreement": offer.number,
        "draft_sha256": draft.sha256,
        "draft_length": draft.size,
        "language": draft.language,
        "accepted_at": at.isoformat(timespec="seconds"),
        "typed_name": signature.typed_name,
        "method": signature.method,
        "consents": signature.consents,
        "key_clauses_shown": [clause.heading for clause in clauses(terms) if clause.key],
        "session": signature.session,
        "address": signature.address,
    }
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, indent=1).encode()


def accept(
    offer: Offer, draft: OfferDraft, *, signature: Signature, by: User, at: datetime
) -> Agreement:
    """Sign the very bytes that were read, and make the agreement. Two at once make one.

    Sealing happens before the transaction, so that a loser writes nothing but unused bytes.
    Errors: Stale if the offer is no longer open or less than its sum is overdue by now,
    or undisputed; Refused
    DUTY-3 for anyone but the cardholder, or the draft of another offer.
    """
    if draft.offer_id != offer.pk or offer.account.cardholder.user_id != by.pk:
        raise Refused("DUTY-3", gettext_noop("Only the cardholder signs, and only this document."))
    check_acceptable(offer, at=at)
    terms = Terms.unsealed(offer.number, offer.sealed_terms)
    with override(draft.language):
        evidence = acceptance(offer, draft, terms, signature, at=at)
        title = _("Instalment agreement %(number)s") % {"number": offer.number}
        sealed = _sealed(draft, evidence, at=at)
    documents.store(sealed)
    try:
        with transaction.atomic():
            return _conclude(offer, draft, terms, sealed, evidence, title, signature, by=by, at=at)
    except (IllegalMove, IntegrityError) as lost:
        raise Stale(offer.pk) from lost


def _sealed(draft: OfferDraft, evidence: bytes, *, at: datetime) -> bytes:
    from portal.records import sealing

    read = documents.fetch(draft.sha256)
    attached = sealing.attach(
        read,
        name="acceptance.json",
        data=evidence,
        description=_("Record of the cardholder's acceptance"),
        at=at,
    )
    return sealing.seal(attached, at=at, reason=_("Instalment agreement"))


def check_acceptable(offer: Offer, *, at: datetime) -> None:
    """Errors: Stale if not open, past its time, above what is overdue now, or its account gone."""
    if offer.status != Offer.Status.OPEN or at > offer.expires_at:
        raise Stale(offer.pk)
    account = CardAccount.objects.get(pk=offer.account_id)
    moved = account.version != offer.basis_version
    if account.closed_by_feed or (moved and ledger.plannable(account).overdue < offer.total):
        raise Stale(offer.pk)


def _conclude(
    offer: Offer,
    draft: OfferDraft,
    terms: Terms,
    sealed: bytes,
    evidence: bytes,
    title: str,
    signature: Signature,
    *,
    by: User,
    at: datetime,
) -> Agreement:
    """Everything that follows from a signature, in the caller's transaction."""
    CardAccount.objects.select_for_update().get(pk=offer.account_id)
    check_acceptable(offer, at=at)
    move(offer, Offer.Status.ACCEPTED, by=by, at=at, data={"draft_sha256": draft.sha256})
    document = documents.file_document(
        "plans.agreement", sealed, subject=offer, number=offer.number, code=draft.code,
        title=title, language=draft.language, sealed=True, at=at,
    )  # fmt: skip
    agreement = Agreement.objects.create(
        number=offer.number, offer=offer, account=offer.account, total=offer.total,
        document=document, accepted_sha256=draft.sha256, method=signature.method,
        evidence_sha256=documents.digest(evidence), accepted_at=at, accepted_by=by,
    )  # fmt: skip
    Instalment.objects.bulk_create(
        Instalment(agreement=agreement, position=i, due_on=due.on, amount=due.amount)
        for i, due in enumerate(terms.dues, 1)
    )
    _announce(agreement, terms, by=by, at=at)
    return agreement


def _announce(agreement: Agreement, terms: Terms, *, by: User, at: datetime) -> None:
    """Audit, stop collection (CN-PLAN-04), tell the bank and the cardholder."""
    account, sha256 = agreement.account, agreement.document.sha256
    data = {"sha256": sha256, "method": agreement.method}
    record("plans.agreement.active", subject=agreement, by=by, at=at, data=data)
    source = f"plans.agreement:{agreement.pk}"
    place_hold(account, reason=Hold.Reason.PLAN, source=source, amount=None, by=by, at=at)
    dues = [{"due_on": due.on.isoformat(), "amount": str(due.amount)} for due in terms.dues]
    facts = {
        "agreement": agreement.number, "total": str(agreement.total), "currency": account.currency,
        "schedule": dues, "waived": "0", "document_sha256": sha256,
    }  # fmt: skip
    publish("plan.accepted", account_ref=account.ref, at=at, data=facts)
    tell(account, "plan.signed", number=agreement.number, at=at)


@transaction.atomic
def note_download(agreement: Agreement, *, what: str, sent: bytes, by: User, at: datetime) -> None:
    """Log that the signed document (`what`: pdf) or its proof pack (proof) went, and its hash."""
    data = {"what": what, "sha256": documents.digest(sent)}
    record("plans.agreement.downloaded", subject=agreement, by=by, at=at, data=data)
