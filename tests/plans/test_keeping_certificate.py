"""The certificate of a plan that was kept, and the words of the mails."""

import re
import subprocess
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils.timezone import localdate

from plans import tasks
from plans.keeping import certificate
from plans.models import Agreement
from plans.notices import NOTICES, tell
from portal.records import documents
from portal.records.models import Document, Notice
from tests.plans.kept import kept, noon
from tests.plans.test_keeping import another

D = Decimal


def text_of(pdf):
    made = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
    )
    return re.sub(r"\s+", " ", made.stdout.decode())


@pytest.fixture
def completed(db):
    plan = kept()
    plan.pay(plan.day(1), 1000)
    plan.watch(plan.day(1))
    return plan


def test_a_completed_plan_gets_one_certificate(completed):
    tasks.write_certificates()
    tasks.write_certificates()
    filed = Document.objects.get(kind="plans.certificate")
    assert Agreement.objects.get().certificate == filed and filed.sealed
    assert filed.number == f"{completed.agreement.number}-C" and filed.language == "en"
    assert Notice.objects.filter(kind="plan.certificate").count() == 1
    assert not certificate.write(completed.agreement, at=noon(localdate()))
    text = text_of(documents.read(filed))
    for said in (
        filed.code, filed.number, completed.agreement.number, "Test Person", "X0****00",
        "the sum of this agreement, ¥1,000.00, is settled", "Principal", "Interest of the plan",
        "It is about the sum of this agreement only.", "ending in 4417", "/verify/",
    ):  # fmt: skip
        assert said in text, said
    assert "X0000000" not in text
    total = re.search(r"Total ¥([\d.,]+) ¥([\d.,]+) ¥([\d.,]+) ¥([\d.,]+)", text)
    assert total and total.groups() == ("1,000.00", "0.00", "1,000.00", "0.00")


def test_what_was_waived_is_said_and_a_token_plan_certifies_no_settlement(db):
    plan = kept(terms={"overdue": D(1200), "interest": D(260), "waived_interest": D(200)})
    plan.pay(plan.day(1), 1000)
    plan.watch(plan.day(1))
    pdf, _, title = certificate.draw(plan.agreement, language="en", at=noon(localdate()))
    text = text_of(pdf)
    assert "gave up ¥200.00" in text and title.startswith("Settlement certificate")
    assert re.search(r"Interest ¥260.00 ¥200.00 ¥60.00 ¥0.00", text)
    small = kept_token()
    pdf, _, title = certificate.draw(small.agreement, language="en", at=noon(localdate()))
    assert title == "Certificate that a plan was kept"
    assert "is settled" not in text_of(pdf) and "did not settle the whole" in text_of(pdf)


def kept_token():
    review = localdate() + timedelta(days=100)
    small = kept(another(), terms={"kind": "token", "review_on": review}, kind="token",
                 review_on=review)  # fmt: skip
    small.pay(small.day(1), 1000)
    small.watch(review)
    assert small.agreement.status == "completed"
    return small


def test_one_that_fails_waits_and_leaves_no_file(completed, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("a fault")

    monkeypatch.setattr(certificate, "draw", broken)
    tasks.write_certificates()
    monkeypatch.undo()
    tasks.write_certificates()  # it pauses
    assert not Document.objects.filter(kind="plans.certificate").exists()


def test_those_that_cannot_be_drawn_take_no_place_of_the_others(completed, monkeypatch):
    second = kept(another())
    second.pay(second.day(1), 1000)
    second.watch(second.day(1, 1))
    drawn = certificate.draw

    def broken(agreement, **facts):
        if agreement.pk == completed.agreement.pk:
            raise RuntimeError("a fault")
        return drawn(agreement, **facts)

    monkeypatch.setattr(certificate, "draw", broken)
    monkeypatch.setattr(tasks, "DRAWN", 1)
    tasks.write_certificates()
    assert not Document.objects.filter(kind="plans.certificate").exists()
    tasks.write_certificates()
    assert Document.objects.get(kind="plans.certificate").number.startswith(second.agreement.number)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", sorted(NOTICES))
def test_mails_name_no_sum_and_no_debt(kind):
    plan = kept() if kind == "plan.reminder" else None
    words = NOTICES[kind]
    text = (words.subject + words.body).lower()
    assert not re.search(r"debt|owe|arrears|overdue|¥|amount", text), text
    assert set(re.findall(r"%\((\w+)\)s", text)) <= {"number", "day"}
    if plan:
        tell(plan.account, kind, number="PA-1", at=noon(localdate()), day=localdate())
        assert "/plans/agreements/PA-1/" in Notice.objects.get(kind=kind).body
