"""How the seal and the proof of time stand, for `manage.py seal_status`: reads, signs a word."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Max

from portal.records import documents, stamping
from portal.records.models import Augmentation, Document, Stamping
from portal.records.seal_key import (
    common_name,
    from_hsm,
    material,
    seal_facts,
    signer,
    trusted_roots,
)

ENDS_SOON = timedelta(days=60)
WAITS_LONG = timedelta(days=1)


@dataclass(frozen=True)
class State:
    """What is printed, by topic, and what somebody must attend to. `usable`: it can seal now."""

    usable: bool
    facts: dict[str, Any]
    attention: list[str]


def state(*, at: datetime) -> State:
    """Return how things stand."""
    facts: dict[str, Any] = {"source": source()}
    attention: list[str] = []
    usable = True
    try:
        facts |= _seal(at=at)
        asyncio.run(signer().async_sign_raw(b"seal_status", "sha256"))
        attention += _ending(at=at)
    except ImproperlyConfigured as error:
        usable, attention = False, [str(error)]
    if usable:
        facts["documents_sealed"] = Document.objects.filter(sealed=True).count()
        attention += _forgotten_roots()
    facts["proof_of_time"], problems = _proof_of_time(at=at)
    return State(usable, facts, attention + problems)


def source() -> str:
    """Return where the key is, without any secret."""
    try:
        if not from_hsm():
            return f"PKCS#12 file {settings.SEAL_PKCS12}"
    except ImproperlyConfigured:
        pass
    return (
        f"PKCS#11 token {settings.SEAL_PKCS11_TOKEN}, key {settings.SEAL_PKCS11_KEY}, "
        f"library {settings.SEAL_PKCS11_MODULE}"
    )


def _seal(*, at: datetime) -> dict[str, Any]:
    seal = seal_facts()
    roots = [x509.load_der_x509_certificate(root) for root in trusted_roots()]
    return {
        "subject": seal.subject,
        "serial": seal.serial,
        "algorithm": seal.algorithm,
        "valid_from": seal.not_before,
        "valid_until": seal.not_after,
        "days_left": (seal.not_after - at).days,
        "test_seal": seal.is_test,
        "chain": [_named(each) for each in material().chain],
        "roots_trusted": [_named(each) for each in roots],
    }


def _named(certificate: x509.Certificate) -> str:
    name = common_name(certificate.subject)
    return f"{name}, until {certificate.not_valid_after_utc:%Y-%m-%d}"


def _ending(*, at: datetime) -> Iterator[str]:
    seal = seal_facts()
    if at > seal.not_after:
        yield f"The seal's certificate ended on {seal.not_after:%Y-%m-%d}: nothing can be sealed."
    elif at < seal.not_before:
        yield f"The seal's certificate begins on {seal.not_before:%Y-%m-%d}: nothing can be sealed."
    elif seal.not_after - at <= ENDS_SOON:
        yield f"The seal's certificate ends on {seal.not_after:%Y-%m-%d}: get a new one."
    if not trusted_roots():
        yield "No root is trusted: put it at the end of the seal's chain, or into SEAL_ROOTS."


def _forgotten_roots() -> Iterator[str]:
    """Look at the first document, the last, and the last before the present certificate."""
    from portal.records.proofs import vouched_for

    ours = Document.objects.filter(sealed=True, purged_at=None)
    before = ours.filter(made_at__lt=seal_facts().not_before)
    sample = [ours.order_by("pk").first(), before.order_by("pk").last(), ours.order_by("pk").last()]
    for document in {each.pk: each for each in sample if each}.values():
        try:
            known = vouched_for(documents.fetch(document.sha256), trusted_roots())
        except Exception as error:
            yield f"Document {document.number} cannot be read ({type(error).__name__})."
            continue
        if not known:
            yield (
                f"Document {document.number} was sealed under a root that is not trusted any more, "
                "so checks of it fail: add the root of the earlier seal to SEAL_ROOTS."
            )


def _proof_of_time(*, at: datetime) -> tuple[dict[str, Any], list[str]]:
    """Return the facts about timestamps, and problems."""
    if not settings.TSA_URL:
        return {"authority": ""}, []
    address = urlsplit(settings.TSA_URL)
    without = Document.objects.filter(sealed=True, purged_at=None, augmentations=None)
    failing = Stamping.objects.exclude(problem="").filter(tries__gt=0, document__purged_at=None)
    worst = failing.order_by("-tries", "pk").first()
    newest = Augmentation.objects.order_by("-stamped_at").first()
    # A document's newest timestamp ends last: a renewal that gains nothing is not kept.
    lasting = Augmentation.objects.values("document").annotate(ends_at=Max("authority_ends_at"))
    renewals = lasting.filter(ends_at__lte=at + stamping.RENEW, document__purged_at=None).count()
    long = without.filter(made_at__lt=at - WAITS_LONG).count()
    facts = {
        "authority": f"{address.scheme}://{address.netloc.rpartition('@')[2]}{address.path}",
        "level": settings.TSA_LEVEL,
        "last_at": newest.stamped_at if newest else None,
        "last_from": newest.authority if newest else "",
        "its_certificate_ends": newest.authority_ends_at if newest else None,
        "waiting": without.count(),
        "waiting_over_a_day": long,
        "failing": failing.count(),
        "last_problem": worst.problem if worst else "",
        "to_renew": renewals,
    }
    return facts, list(_problems(facts))


def _problems(facts: dict[str, Any]) -> Iterator[str]:
    try:
        stamping.trust()
    except ImproperlyConfigured as error:
        yield str(error)
    if facts["waiting_over_a_day"]:
        yield f"Waiting over a day for a timestamp: {facts['waiting_over_a_day']}."
    if facts["failing"]:
        yield f"Waiting after a failure: {facts['failing']}, such as: {facts['last_problem']}"
    if facts["to_renew"]:
        yield f"In need of a timestamp that lasts longer: {facts['to_renew']}."
