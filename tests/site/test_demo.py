"""The demonstration: people in every state, and its page only when asked for."""

import pytest
from django.core.management import CommandError, call_command
from django.urls import Resolver404, include, path, resolve

from accounts.models import Cardholder, EvidenceRequest, Hold, User
from disputes.models import Correction, Dispute, Upload
from plans.models import Agreement, Offer, PlanRequest, Situation
from portal.demo import people
from portal.records import documents, verification
from portal.records.audit import breaks
from portal.urls import urlpatterns as site

urlpatterns = [*site, path("demo/", include("portal.demo.urls"))]


@pytest.mark.urls("tests.site.test_demo")
def test_the_demonstration(db, settings, tmp_path, drawn_once, client, capsys):
    """One filling for all that is asked of it: it takes many seconds."""
    settings.DEMO = True
    settings.VAR_DIR = tmp_path
    call_command("demo")
    somebody_is_in_every_state()
    the_page_shows_sign_ins_codes_and_mails(client)
    a_second_run_changes_nothing(capsys)


def somebody_is_in_every_state():
    assert set(PlanRequest.objects.values_list("status", flat=True)) == set(PlanRequest.Status)
    seen = set(Offer.objects.values_list("status", flat=True))
    passing = {Offer.Status.PREPARING, Offer.Status.SUPERSEDED}
    assert seen == set(Offer.Status) - passing
    agreement = Agreement.objects.get(status="active")
    assert "䶮𠮷" in agreement.account.cardholder.person.full_name
    assert verification.check(documents.read(agreement.document)).outcome == "valid"
    first, second, third, *_ = agreement.instalments.all()
    assert first.paid_on and second.late_told_at and 0 < second.paid < second.amount
    assert not (third.paid or third.late_told_at or agreement.remedy_until)
    assert Situation.objects.count() == 1
    certified = EvidenceRequest.objects.values_list("kind", "status").order_by("kind")
    assert list(certified) == [("repayments", "ready"), ("settlement", "ready")]
    cases = Dispute.objects.order_by("number").values_list("status", flat=True)
    assert set(cases) == {"received", "waiting_for_cardholder", "upheld", "rejected"}
    assert Correction.objects.count() == 1 and Upload.objects.count() == 2
    assert Hold.objects.filter(reason="dispute", until_at=None).exists()
    assert list(breaks()) == []


def the_page_shows_sign_ins_codes_and_mails(client):
    page = client.get("/demo/").content.decode()
    assert "supervisor1@example.com" in page and "signed@example.com" in page
    assert people.letters()[0]["code"] in page


def a_second_run_changes_nothing(capsys):
    before = User.objects.count(), Cardholder.objects.count()
    call_command("demo")
    assert (User.objects.count(), Cardholder.objects.count()) == before
    said = capsys.readouterr().out
    assert "holder@example.com" in said and "to activate" in said


@pytest.mark.urls("tests.site.test_demo")
def test_without_the_setting_even_the_view_is_a_404(client, db):
    assert client.get("/demo/").status_code == 404


def test_the_route_does_not_exist_outside_the_demonstration():
    with pytest.raises(Resolver404):
        resolve("/demo/")


def test_the_command_refuses_outside_the_demonstration(db):
    with pytest.raises(CommandError):
        call_command("demo")
