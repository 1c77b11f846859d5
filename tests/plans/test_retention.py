"""Agreements and requests over their time: what goes, what stays, and what keeps them."""

from datetime import date, timedelta

import pytest
from django.core.files.storage import storages
from django.db import transaction
from django.utils.timezone import localdate, now

from plans import actions
from plans.models import Agreement, Instalment, Offer, OfferDraft, PlanQuestion, PlanRequest
from portal.records import documents, retention
from portal.records.audit import subject_of
from portal.records.models import Document
from portal.records.retention import holds, purges
from portal.records.verification import check
from tests.people import staff

pytestmark = pytest.mark.usefixtures("drawn_once")

LONG_AGO = date(2010, 5, 31)


def there(sha256):
    return storages["documents"].exists(documents.name_of(sha256))


def free(code):
    category = retention.CATEGORIES[code]
    return list(category.free(category.before(localdate())))


def purged(code):
    two = staff("supervisor"), staff("supervisor")
    purge = purges.propose(retention.CATEGORIES[code], by=two[0], at=now())
    purges.confirm(purge, by=two[1], at=now())
    return purges.carry_out(purge, at=now())


def gone_from_the_books(account, on=LONG_AGO):
    account.closed_by_feed, account.as_of = True, on
    account.save(update_fields=["closed_by_feed", "as_of"])


@pytest.fixture
def agreement(scene):
    signed = scene.sign(scene.offered())
    Instalment.objects.update(due_on=LONG_AGO)
    gone_from_the_books(scene.account)
    return signed


def test_an_agreement_goes_ten_years_after_the_plan_and_the_relation(agreement):
    sealed = documents.read(agreement.document)
    hashes = [d.sha256 for d in OfferDraft.objects.all()] + [agreement.document.sha256]
    assert free("plans.agreements") == [agreement]
    assert purged("plans.agreements") == {"deleted": 1, "left_out": 0}
    assert not any(there(sha256) for sha256 in hashes)
    row, offer = Document.objects.get(), Offer.objects.get()
    assert (row.title, row.number, row.sha256) == ("", agreement.number, documents.digest(sealed))
    assert row.purged_at is not None
    assert (offer.sealed_terms, OfferDraft.objects.count()) == ("", 2)
    assert free("plans.agreements") == []
    verdict = check(sealed)  # whoever kept a copy can still have it checked
    assert (verdict.outcome, verdict.number) == ("valid", agreement.number)


def test_why_the_bank_ended_it_goes_with_it(agreement):
    Agreement.objects.update(status="ended", ended_at=now(), sealed_ending="sealed")
    purged("plans.agreements")
    assert Agreement.objects.get().sealed_ending == ""


def test_the_page_of_its_code_still_answers(client, agreement):
    purged("plans.agreements")
    page = client.get(f"/verify/{agreement.document.code}/")
    assert page.status_code == 200
    assert agreement.number in page.content.decode()
    assert page.context["document"].purged_at is not None


EDGE = date(localdate().year - 10, localdate().month, min(localdate().day, 28))


KEEPS = {
    "a moved payment": lambda a: Instalment.objects.filter(position=1).update(
        moved_to=EDGE + timedelta(days=1)
    ),
    "a payment": lambda a: Instalment.objects.update(due_on=EDGE + timedelta(days=1)),
    "the relation": lambda a: gone_from_the_books(a.account, EDGE + timedelta(days=1)),
    "still in the books": lambda a: type(a.account).objects.update(closed_by_feed=False),
    "a hold": lambda a: holds.place(subject_of(a.account), reason="-", by=staff(), at=now()),
}


def test_what_keeps_an_agreement(agreement):
    for what, keeps in KEEPS.items():
        with transaction.atomic():
            assert free("plans.agreements") == [agreement]
            keeps(agreement)
            assert free("plans.agreements") == [], what
            transaction.set_rollback(True)


def test_a_draft_that_another_offer_still_has_stays(agreement, scene):
    draft = OfferDraft.objects.first()
    other = Offer.objects.get()
    other.pk, other.number, other.status = None, "PA-OTHER", "withdrawn"
    other.save()
    OfferDraft.objects.create(
        offer=other, language="en", sha256=draft.sha256, size=1, code="OTHERCODE"
    )
    purged("plans.agreements")  # blanks every offer of its request
    assert not there(draft.sha256)
    assert Agreement.objects.get().document.purged_at


def test_a_draft_of_another_request_stays(agreement, scene):
    draft, request = OfferDraft.objects.first(), PlanRequest.objects.get()
    request.pk, request.number = None, "PR-OTHER"
    request.save()
    other = Offer.objects.get()
    other.pk, other.number, other.status, other.request = None, "PA-OTHER", "withdrawn", request
    other.save()
    OfferDraft.objects.create(
        offer=other, language="en", sha256=draft.sha256, size=1, code="OTHERCODE"
    )
    purged("plans.agreements")
    assert there(draft.sha256)


def test_what_was_told_on_the_way_and_the_certificate_go_too(agreement):
    pdf = b"certificate"
    filed = documents.file_document(
        "plans.certificate", pdf, subject=agreement, number="PA-1-C", code="CERTCODE",
        title="Certificate of Test Person", language="en", sealed=True, at=now(),
    )  # fmt: skip
    documents.store(pdf)
    Agreement.objects.update(certificate=filed)
    on_the_way(agreement.offer.request)
    purged("plans.agreements")
    filed.refresh_from_db()
    assert (filed.title, bool(filed.purged_at), there(filed.sha256)) == ("", True, False)
    assert nothing_told()


def on_the_way(request):
    """A budget that went with a request, and a question that was answered."""
    PlanRequest.objects.filter(pk=request.pk).update(sealed_situation="sealed")
    PlanQuestion.objects.create(
        request=request, text="Why?", asked_by=staff(), asked_at=now(), answer="I was ill",
        answered_at=now(),
    )  # fmt: skip


def nothing_told():
    question, request = PlanQuestion.objects.get(), PlanRequest.objects.get()
    return not (question.text or question.answer or request.sealed_situation)


# == requests that came to nothing


def test_a_refused_request_loses_its_budget_and_what_was_asked(scene):
    request = scene.taken()
    on_the_way(request)
    actions.refuse(request, reason="-", by=scene.agent, at=now())
    age_requests()
    for column in ("sealed_refusal", "sealed_situation"):  # each alone is enough to be due
        with transaction.atomic():
            told = PlanRequest.objects.exclude(**{column: ""})
            told.update(sealed_refusal="", sealed_situation="")
            assert len(free("plans.unsigned")) == 1  # the question is left
            PlanRequest.objects.update(**{column: "x"})
            PlanQuestion.objects.all().delete()
            assert len(free("plans.unsigned")) == 1
            PlanRequest.objects.update(**{column: ""})
            assert free("plans.unsigned") == []
            transaction.set_rollback(True)
    assert purged("plans.unsigned") == {"deleted": 1, "left_out": 0}
    assert nothing_told()
    assert free("plans.unsigned") == []


def test_what_waits_for_a_second_person_is_not_among_them(scene):
    offer = scene.preparing()
    Offer.objects.filter(pk=offer.pk).update(status="proposed", needs_second=True)
    PlanRequest.objects.update(status="under_review")
    on_the_way(offer.request)
    age_requests()
    assert free("plans.unsigned") == []


def age_requests(first_on=LONG_AGO):
    moment = retention.start_of(first_on)
    PlanRequest.objects.update(first_on=first_on)
    PlanRequest.objects.exclude(decided_at=None).update(decided_at=moment)
    Offer.objects.update(expires_at=moment)


def test_a_declined_offer_loses_its_drafts_terms_and_texts(scene):
    offer = scene.offered()
    actions.decline(offer, reason="Too much", by=scene.holder, at=now())
    PlanRequest.objects.update(sealed_reason="sealed")
    hashes = [d.sha256 for d in offer.drafts.all()]
    assert free("plans.unsigned") == []
    age_requests()
    assert len(free("plans.unsigned")) == 1
    assert purged("plans.unsigned") == {"deleted": 1, "left_out": 0}
    assert not any(there(sha256) for sha256 in hashes)
    offer.refresh_from_db()
    assert (offer.sealed_terms, offer.sealed_ending, offer.request.sealed_reason) == ("", "", "")
    assert offer.total == 1000
    assert free("plans.unsigned") == []


def test_a_request_whose_offer_was_signed_is_not_among_them(agreement):
    age_requests()
    assert free("plans.unsigned") == []


def test_an_open_request_is_not_among_them(scene):
    scene.taken()
    PlanRequest.objects.update(sealed_reason="x", first_on=LONG_AGO)
    assert free("plans.unsigned") == []


@pytest.mark.parametrize("late", ["first_on", "decided_at", "expires_at"])
def test_whatever_was_last_counts(scene, late):
    actions.withdraw_offer(scene.preparing(), reason="x", by=scene.agent, at=now())
    age_requests()
    assert len(free("plans.unsigned")) == 1
    recent = localdate() - timedelta(days=100)
    if late == "expires_at":
        Offer.objects.update(expires_at=retention.start_of(recent))
    else:
        value = recent if late == "first_on" else retention.start_of(recent)
        PlanRequest.objects.update(**{late: value})
    assert free("plans.unsigned") == []


def test_a_request_never_sent_loses_its_words(scene):
    scene.draft()
    PlanRequest.objects.update(sealed_reason="sealed")
    age_requests()
    assert purged("plans.unsigned") == {"deleted": 1, "left_out": 0}
    assert PlanRequest.objects.get().sealed_reason == ""
