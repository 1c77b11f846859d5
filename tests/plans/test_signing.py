"""What was read is what is signed; two signatures at once make one agreement."""

import io
import json
import subprocess
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pikepdf
import pytest
from django.core.files.storage import storages
from django.utils.timezone import localdate, now
from django.utils.translation import override

from accounts.actions import place_hold
from accounts.models import CardAccount, Hold, Posting
from plans import actions, document, queries, rules, signing, tasks
from plans.agreement import Terms
from plans.models import Agreement, Instalment, Offer, OfferDraft
from plans.rules import Waived
from portal.kit.errors import Refused, Stale
from portal.records import documents
from portal.records.audit import breaks
from portal.records.models import AuditEvent, Document, Notice, OutboxEvent
from tests.people import in_parallel
from tests.plans.scene import CENT, FINDINGS, behind


def text_of(pdf: bytes) -> str:
    out = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
    )
    return out.stdout.decode()


@pytest.fixture
def signed(scene):
    offer = scene.offered()
    return scene, offer, scene.sign(offer)


def test_the_signed_file_begins_with_the_bytes_that_were_read(signed):
    _, offer, agreement = signed
    draft = documents.fetch(offer.drafts.get(language="en").sha256)
    sealed = documents.read(agreement.document)
    assert sealed.startswith(draft)
    assert agreement.accepted_sha256 == documents.digest(sealed[: len(draft)])


def test_the_acceptance_is_attached_as_evidence(signed):
    _, _offer, agreement = signed
    with pikepdf.open(io.BytesIO(documents.read(agreement.document))) as pdf:
        evidence = pdf.attachments["acceptance.json"].get_file().read_bytes()
    assert documents.digest(evidence) == agreement.evidence_sha256
    facts = json.loads(evidence)
    assert facts["draft_sha256"] == agreement.accepted_sha256
    assert facts["typed_name"] == "Test Person" and facts["method"] == "email-code"
    assert "What it costs" in facts["key_clauses_shown"]
    assert "Paying early" not in facts["key_clauses_shown"]


@pytest.mark.usefixtures("drawn_once")
def test_what_was_not_shown_is_not_said_to_be(scene):
    offer = scene.offered()
    draft, terms = offer.drafts.get(language="en"), Terms.unsealed(offer.number, offer.sealed_terms)
    signature = signing.Signature("Test Person", "email-code", ["agree"], "s", "a")

    def listed():
        with override("en"):
            data = signing.acceptance(offer, draft, terms, signature, at=now())
        return json.loads(data)["key_clauses_shown"]

    other = offer.drafts.get(language="zh-hans")
    signing.note_shown(offer, other, by=scene.holder, at=now())
    assert listed() == []
    scene.reading(offer)
    assert "What it costs" in listed()


@pytest.mark.usefixtures("drawn_once")
@pytest.mark.parametrize("why", ["death", "insolvency", "breathing_space"])
def test_nothing_is_signed_while_collection_stands_still(scene, why):
    offer = scene.offered()
    place_hold(scene.account, reason=why, source="bank:1", amount=None, by=None, at=now())
    with pytest.raises(Stale):
        scene.sign(offer)
    assert not Agreement.objects.exists()
    Hold.objects.update(until_at=now())
    assert scene.sign(Offer.objects.get(pk=offer.pk)).status == "active"


def test_a_second_program_finds_the_signature_valid(signed, tmp_path):
    _, _, agreement = signed
    path = tmp_path / "agreement.pdf"
    path.write_bytes(documents.read(agreement.document))
    out = subprocess.run(["pdfsig", str(path)], capture_output=True, text=True).stdout
    assert "Signature is Valid." in out and "Total document signed" in out


@pytest.mark.usefixtures("drawn_once")
def test_signing_makes_instalments_a_hold_an_event_and_a_notice(signed):
    scene, _offer, agreement = signed
    dues = list(agreement.instalments.values_list("amount", flat=True))
    assert dues == [Decimal("333.33"), Decimal("333.33"), Decimal("333.34")]
    hold = Hold.objects.get(account=scene.account)
    assert (hold.reason, hold.amount, hold.until_at) == ("plan", None, None)
    types = list(OutboxEvent.objects.order_by("seq").values_list("type", flat=True))
    assert set(types) == {"plan.accepted", "collection.hold"}
    accepted = OutboxEvent.objects.get(type="plan.accepted")
    assert accepted.data["document_sha256"] == agreement.document.sha256
    assert sum(Decimal(due["amount"]) for due in accepted.data["schedule"]) == agreement.total
    notice = Notice.objects.get(kind="plan.signed")
    assert "1000" not in notice.body and "¥" not in notice.body
    assert list(breaks()) == []


def with_interest(scene):
    """An offer at 6 % a year that gives up 12.00 of the 40.00 late fee."""
    request, rate, waived = scene.taken(), Decimal("0.06"), Waived(default_sum=Decimal(12))
    total, on = Decimal(1000) - waived.total, localdate()
    each = rules.each_for(total, 3, unit=CENT, rate=rate, agreed_on=on, first_on=scene.first_on)
    offer = actions.make_offer(
        request, rules.Choice(each, 3, scene.first_on, rate=rate, waived=waived),
        findings=FINDINGS, explanation="", basis_version=scene.account.version, by=scene.agent,
        at=now(),
    )  # fmt: skip
    document.render_drafts(offer, at=now())
    return Offer.objects.get(pk=offer.pk)


@pytest.mark.usefixtures("drawn_once")
def test_interest_and_waivers_reach_the_instalments_and_the_bank(scene):
    agreement = scene.sign(with_interest(scene))
    terms = Terms.unsealed(agreement.number, agreement.offer.sealed_terms)
    interest = [due.interest for due in terms.dues]
    assert list(agreement.instalments.values_list("interest", flat=True)) == interest
    assert min(interest) > 0 and agreement.total == 988
    assert Decimal("0.05") < terms.annual_rate < Decimal("0.07")
    told = OutboxEvent.objects.get(type="plan.accepted").data
    assert [Decimal(due["interest"]) for due in told["schedule"]] == interest
    paid = sum(Decimal(due["amount"]) - Decimal(due["interest"]) for due in told["schedule"])
    assert paid == Decimal(told["total"]) == Decimal(told["overdue"]) - 12
    zero, waived = {"principal", "interest", "fees"}, told["waived"]
    assert Decimal(waived.pop("default_sum")) == 12
    assert waived.keys() == zero and not any(map(Decimal, waived.values()))


@pytest.mark.usefixtures("drawn_once")
def test_a_payment_since_makes_an_offer_with_a_waiver_stale_too(scene):
    """995 is overdue then: more than the 988 of the plan, less than the 1,000 it was made for."""
    offer = with_interest(scene)
    pay(scene, "5")
    with pytest.raises(Stale):
        scene.sign(offer)
    nothing_was_made()


def pay(scene, amount):
    Posting.objects.create(
        ref="PAID", account=scene.account, posted_on=localdate(), transacted_on=localdate(),
        kind="repayment", amount=-Decimal(amount),
    )  # fmt: skip
    CardAccount.objects.update(version=2)


@pytest.mark.usefixtures("drawn_once")
def test_a_stale_offer_signs_nothing(scene):
    offer = scene.offered()
    late = offer.expires_at + timedelta(seconds=1)
    with pytest.raises(Stale):
        scene.sign(offer, at=late)
    Offer.objects.filter(pk=offer.pk).update(status="withdrawn")
    offer.refresh_from_db()
    with pytest.raises(Stale):
        scene.sign(offer)
    nothing_was_made()


def nothing_was_made():
    assert not Agreement.objects.exists() and not Document.objects.exists()
    assert not Instalment.objects.exists() and not Hold.objects.exists()
    assert not OutboxEvent.objects.exists()


@pytest.mark.usefixtures("drawn_once")
def test_an_offer_above_what_is_now_overdue_is_stale(scene):
    offer = scene.offered()
    pay(scene, "1")
    with pytest.raises(Stale):
        scene.sign(offer)
    nothing_was_made()


@pytest.mark.usefixtures("drawn_once")
def test_a_feed_that_leaves_the_sum_overdue_keeps_the_offer(scene):
    offer = scene.offered()
    CardAccount.objects.update(version=2)
    assert scene.sign(offer).status == "active"


@pytest.mark.usefixtures("drawn_once")
def test_an_account_gone_from_the_books_is_not_signed_for(scene):
    offer = scene.offered()
    CardAccount.objects.update(closed_by_feed=True)
    with pytest.raises(Stale):
        scene.sign(offer)
    nothing_was_made()


@pytest.mark.usefixtures("drawn_once")
def test_only_the_cardholder_signs_and_only_their_own_document(scene):
    offer = scene.offered()
    scene.holder, holder = scene.agent, scene.holder
    with pytest.raises(Refused) as no:
        scene.sign(offer)
    assert no.value.rule == "DUTY-3"
    scene.holder = holder
    offer.drafts.update(offer=Offer.objects.create(**copied(offer)))
    foreign = OfferDraft.objects.filter(language="en").get()
    signature = signing.Signature("Test Person", "email-code", [], "s", "a")
    with pytest.raises(Refused) as no:
        signing.accept(offer, foreign, signature=signature, by=holder, at=now())
    assert no.value.rule == "DUTY-3"
    nothing_was_made()


def copied(offer):
    names = [f.attname for f in Offer._meta.concrete_fields if f.attname != "id"]
    return {n: getattr(offer, n) for n in names} | {"number": "PA-OTHER", "status": "declined"}


def test_a_rendering_that_fails_is_noted_and_lets_the_others_go_first(scene, monkeypatch):
    offer = scene.preparing()
    monkeypatch.setattr(document, "render", lambda *a, **k: 1 / 0)
    tasks.render_offers()
    offer.refresh_from_db()
    assert (offer.status, offer.tries, offer.problem) == ("preparing", 1, "ZeroDivisionError")


def test_a_second_rendering_gives_the_same_bytes(scene):
    offer = scene.offered()
    kept = set(offer.drafts.values_list("sha256", flat=True))
    offer.drafts.all().delete()
    Offer.objects.filter(pk=offer.pk).update(status="preparing")
    document.render_drafts(Offer.objects.get(pk=offer.pk), at=now())
    assert set(offer.drafts.values_list("sha256", flat=True)) == kept


def test_an_offer_past_its_time_is_neither_rendered_nor_kept(scene):
    offer = scene.preparing()
    late = offer.expires_at + timedelta(seconds=1)
    assert document.render_drafts(offer, at=late) is False
    assert actions.expire(queries.offers_past_their_time(at=late), at=late) == 1
    assert Offer.objects.get(pk=offer.pk).status == "expired"


@pytest.mark.usefixtures("drawn_once")
def test_a_failure_while_signing_leaves_the_offer_open(scene, monkeypatch):
    offer = scene.offered()
    monkeypatch.setattr(signing, "publish", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        scene.sign(offer)
    assert Offer.objects.get(pk=offer.pk).status == "open"
    nothing_was_made()


@pytest.mark.usefixtures("drawn_once")
def test_drafts_that_were_tampered_with_are_not_signed(scene):
    offer = scene.offered()
    path = Path(
        storages["documents"].path(documents.name_of(offer.drafts.get(language="en").sha256))
    )
    path.write_bytes(path.read_bytes().replace(b"%PDF-1.7", b"%PDF-1.6"))
    with pytest.raises(documents.Damaged):
        scene.sign(offer)
    assert Offer.objects.get(pk=offer.pk).status == "open"
    nothing_was_made()
    path.unlink()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("drawn_once")
def test_two_acceptances_at_once_make_one_agreement():
    scene = behind()
    offer = scene.offered()
    count = 4

    def attempt(_: int) -> str:
        try:
            scene.sign(Offer.objects.get(pk=offer.pk))
            return "signed"
        except Stale:
            return "stale"

    results = in_parallel(count, attempt)
    assert sorted(results) == ["signed", *["stale"] * (count - 1)]
    assert Agreement.objects.count() == Document.objects.count() == Hold.objects.count() == 1
    assert OutboxEvent.objects.filter(type="plan.accepted").count() == 1
    assert AuditEvent.objects.filter(verb="plans.offer.accepted").count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_offer_rendered_by_two_workers_opens_once(monkeypatch):
    monkeypatch.setattr("plans.actions.deciding._wake_renderer", lambda: None)
    offer = behind().preparing()

    def work(_: int) -> bool:
        return document.render_drafts(Offer.objects.get(pk=offer.pk), at=now())

    assert sorted(in_parallel(2, work)) == [False, True]
    assert offer.drafts.count() == 2
    assert Notice.objects.filter(kind="plan.offered").count() == 1
