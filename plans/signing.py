"""Both sign: the bytes that were read get the acceptance attached and the bank's seal."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from allauth.account.adapter import get_adapter
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts import queries as ledger
from accounts.actions import lift_hold, place_hold
from accounts.models import CardAccount, Hold, User
from plans import eligibility
from plans.actions import move
from plans.agreement import Terms, clauses
from plans.forms.signing import SignForm
from plans.models import Agreement, Instalment, Offer, OfferDraft
from plans.notices import tell
from plans.policy import COMPONENTS
from portal.kit.crypto import fingerprint
from portal.kit.errors import IllegalMove, Refused, Stale, gettext_noop
from portal.records import documents
from portal.records.audit import record, subject_of
from portal.records.models import AuditEvent
from portal.records.outbox import publish


@dataclass(frozen=True)
class Signature:
    """How a cardholder signed: recorded in the PDF, never pretending to be more than it was."""

    typed_name: str
    method: str  # "passkey", "email-code" or "totp"
    consents: list[str]
    session: str  # fingerprint of the session, not its key
    address: str  # fingerprint of the network address
    passkey: dict[str, str] = field(default_factory=dict)  # what proves it: passkey_signing.finish


def signature_from(
    request: HttpRequest, form: SignForm, method: str, *, passkey: dict[str, str] | None = None
) -> Signature:
    """Gather how a request signs: the form is valid, and the code or passkey has been checked.

    With a passkey no name is kept, typed or not: the key signs, and the text names the person.
    """
    address = get_adapter().get_client_ip(request) or ""
    return Signature(
        typed_name="" if passkey else form.cleaned_data["name"],
        method=method,
        consents=form.consents,
        session=fingerprint(request.session.session_key or "", purpose="session"),
        address=fingerprint(address, purpose="address"),
        passkey=passkey or {},
    )


SHOWN = "plans.offer.shown"


def was_shown(offer: Offer, draft: OfferDraft) -> bool:
    """Tell whether the page with the whole text of this draft was opened (CN-PLAN-18)."""
    shown = AuditEvent.objects.filter(subject=subject_of(offer), verb=SHOWN)
    return shown.filter(data__draft_sha256=draft.sha256).exists()


@transaction.atomic
def note_shown(offer: Offer, draft: OfferDraft, *, by: User, at: datetime) -> None:
    """Log once for each draft that its text, key clauses marked, went to the cardholder's page."""
    if not was_shown(offer, draft):
        record(SHOWN, subject=offer, by=by, at=at, data={"draft_sha256": draft.sha256})


def acceptance(
    offer: Offer, draft: OfferDraft, terms: Terms, signature: Signature, *, at: datetime
) -> bytes:
    """Return acceptance.json: what was read, by whom it was accepted, how and when.

    With a passkey (format 2) it holds all that portal.records.assertion needs to check it.
    """
    facts: dict[str, Any] = {
        "format": f"arrears-portal/acceptance/{2 if signature.passkey else 1}",
        "agreement": offer.number,
        "draft_sha256": draft.sha256,
        "draft_length": draft.size,
        "language": draft.language,
        "accepted_at": at.isoformat(timespec="seconds"),
        "typed_name": signature.typed_name,
        "method": signature.method,
        "consents": signature.consents,
        "key_clauses_shown": [clause.heading for clause in clauses(terms) if clause.key]
        if was_shown(offer, draft)
        else [],
        "session": signature.session,
        "address": signature.address,
    }
    if signature.passkey:
        facts["passkey"] = signature.passkey
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, indent=1).encode()


def accept(
    offer: Offer, draft: OfferDraft, *, signature: Signature, by: User, at: datetime
) -> Agreement:
    """Sign the very bytes that were read, and make the agreement. Two at once make one.

    Sealing happens before the transaction, so that a loser writes nothing but unused bytes.
    A revision replaces the agreement that it changes. Errors: Stale if the offer is no longer open
    or was made for what is no longer so (check_acceptable); Refused DUTY-3 for anyone but the
    cardholder, or the draft of another offer.
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
    """Errors: Stale if not open, past its time, or made for what is no longer so.

    That is: less is overdue now, something of it was paid or disputed since; the account left the
    books; or the agreement that it changes is not the one that runs.
    """
    if offer.status != Offer.Status.OPEN or at > offer.expires_at:
        raise Stale(offer.pk)
    account = CardAccount.objects.get(pk=offer.account_id)
    moved = account.version != offer.basis_version
    if account.holds.filter(until_at=None, reason__in=eligibility.HOLDS).exists():
        raise Stale(offer.pk)
    if account.closed_by_feed or (moved and ledger.plannable(account).overdue < offer.overdue):
        raise Stale(offer.pk)
    live = Agreement.objects.filter(account=account, status=Agreement.Status.ACTIVE)
    if live.values_list("pk", flat=True).first() != offer.request.revises_id:
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
    if replaced := offer.request.revises:
        data = {"replaced_by": offer.number}
        move(replaced, Agreement.Status.REPLACED, by=by, at=at, data=data)
    document = documents.file_document(
        "plans.agreement", sealed, subject=offer, number=offer.number, code=draft.code,
        title=title, language=draft.language, sealed=True, at=at,
    )  # fmt: skip
    agreement = Agreement.objects.create(
        number=offer.number, offer=offer, account=offer.account, total=offer.total,
        document=document, accepted_sha256=draft.sha256, method=signature.method,
        evidence_sha256=documents.digest(evidence), accepted_at=at, accepted_by=by,
        replaces=replaced,
    )  # fmt: skip
    Instalment.objects.bulk_create(
        Instalment(
            agreement=agreement, position=i, due_on=due.on, amount=due.amount,
            interest=due.interest,
        )
        for i, due in enumerate(terms.dues, 1)
    )  # fmt: skip
    _announce(agreement, terms, by=by, at=at)
    return agreement


def _announce(agreement: Agreement, terms: Terms, *, by: User, at: datetime) -> None:
    """Audit, stop collection (CN-PLAN-04), tell the bank and the cardholder.

    The new hold stands before that of a replaced agreement is lifted: there is no gap.
    """
    account, sha256, replaced = agreement.account, agreement.document.sha256, agreement.replaces
    data = {"sha256": sha256, "method": agreement.method}
    if replaced:
        data["replaces"] = replaced.number
    record("plans.agreement.active", subject=agreement, by=by, at=at, data=data)
    place_hold(
        account, reason=Hold.Reason.PLAN, source=_source(agreement), amount=None, by=by, at=at
    )
    facts = _facts(agreement, terms)
    if replaced:
        lift_hold(_source(replaced), by=by, at=at)
        revised = facts | {"agreement": replaced.number, "replaced_by": agreement.number}
        del revised["replaces"]
        publish("plan.revised", account_ref=account.ref, at=at, data=revised)
        tell(account, "plan.revised", number=replaced.number, at=at)
    publish("plan.accepted", account_ref=account.ref, at=at, data=facts)
    tell(account, "plan.signed", number=agreement.number, at=at)


def _source(agreement: Agreement) -> str:
    return f"plans.agreement:{agreement.pk}"


def _facts(agreement: Agreement, terms: Terms) -> dict[str, Any]:
    """Return what the bank needs of a plan's beginning (feed.md §2); money as text.

    `waived` is given up if the plan is kept: nothing is to be written off before plan.completed.
    """
    return {
        "agreement": agreement.number,
        "replaces": agreement.replaces.number if agreement.replaces else None,
        "kind": terms.kind,
        "overdue": str(terms.overdue),
        "total": str(agreement.total),
        "currency": terms.currency,
        "rate": str(terms.rate),
        "schedule": [
            {"due_on": due.on.isoformat(), "amount": str(due.amount), "interest": str(due.interest)}
            for due in terms.dues
        ],
        "waived": {name: str(getattr(terms, f"waived_{name}")) for name in COMPONENTS},
        "review_on": terms.review_on.isoformat() if terms.review_on else None,
        "document_sha256": agreement.document.sha256,
    }


@transaction.atomic
def note_download(agreement: Agreement, *, what: str, sent: bytes, by: User, at: datetime) -> None:
    """Log that the signed document (`what`: pdf) or its proof pack (proof) went, and its hash."""
    data = {"what": what, "sha256": documents.digest(sent)}
    record("plans.agreement.downloaded", subject=agreement, by=by, at=at, data=data)
