"""/staff/retention/: supervisors propose, confirm and hold; auditors read."""

import time
from dataclasses import replace
from datetime import date, timedelta
from unittest.mock import Mock

import pytest
from django.core.cache import cache
from django.core.files.storage import storages
from django.test import Client
from django.utils.formats import date_format
from django.utils.timezone import localdate, localtime, now
from django.utils.translation import override

from accounts.models import ContactAttempt, User
from portal.records import tasks
from portal.records.audit import subject_of
from portal.records.models import AuditEvent, DueCount, LegalHold, Purge, StaffView
from portal.records.retention import CATEGORIES, counts, holds, purges
from tests import people
from tests.records.old import old_contacts

PAGE = "/staff/retention/"
CONTACTS = {"category": "accounts.contacts"}


@pytest.fixture
def contacts(db):
    return old_contacts()


@pytest.fixture
def supervisor(db):
    return people.sign_in(Client(), people.staff("supervisor"))


@pytest.fixture
def colleague(db):
    return people.sign_in(Client(), people.staff("supervisor"))


@pytest.fixture
def auditor(db):
    return people.sign_in(Client(), people.staff("auditor"))


def signed_in_long_ago(client):
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] = time.time() - 600
    session.save()


def text(response):
    return " ".join(response.content.decode().split())


def test_before_the_first_count_the_page_says_so_and_lets_propose(contacts, supervisor):
    page = text(supervisor.get(PAGE))
    assert "Not everything has been counted yet." in page and "may go" not in page
    assert page.count("Propose to delete") > 1
    answered = text(supervisor.post(f"{PAGE}count/", follow=True))
    assert "It is being counted." in answered and "7 may go" in answered
    assert answered.count("Propose to delete") == 1


def test_the_page_waits_for_no_count_of_rows(contacts, supervisor, monkeypatch):
    counts.count(at=now())
    for code, category in CATEGORIES.items():
        monkeypatch.setitem(CATEGORIES, code, replace(category, due=Mock(side_effect=OSError)))
    assert "7 may go" in text(supervisor.get(PAGE))


def test_the_count_that_is_shown_is_the_last_one_and_a_proposal_looks_afresh(contacts, supervisor):
    counts.count(at=now())
    ContactAttempt.objects.filter(account=contacts).last().delete()
    assert "7 may go" in text(supervisor.get(PAGE))
    supervisor.post(f"{PAGE}propose/", CONTACTS)
    assert Purge.objects.get().count == 6


def test_an_older_count_says_of_when_it_is_and_up_to_which_day_it_counted(contacts, supervisor):
    counted, later = now() - timedelta(days=9), now() - timedelta(days=2)
    counts.count(at=counted)
    DueCount.objects.exclude(category="accounts.contacts").update(counted_at=later)
    page = text(supervisor.get(PAGE))
    before = CATEGORIES["accounts.contacts"].before(localdate(counted))
    with override("en"):
        assert f"Counted {date_format(localtime(counted), 'SHORT_DATETIME_FORMAT')}" in page
        assert f"what ended before {date_format(before)}" in page


def test_the_count_tells_the_oldest_and_what_a_hold_keeps(contacts, supervisor):
    counts.count(at=now())
    page = text(supervisor.get(PAGE))
    with override("en"):
        oldest = date_format(date(2020, 1, 1))
    assert "7 may go" in page and f"the oldest of {oldest}" in page
    holds.place(subject_of(contacts), reason="-", by=people.staff(), at=now())
    counts.count(at=now())
    page = text(supervisor.get(PAGE))
    assert "7 are kept by legal holds" in page and "may go" not in page


def test_a_category_that_is_no_more_or_new_since_the_count(contacts, supervisor):
    DueCount.objects.create(category="gone", counted_at=now(), due=3, kept=0)
    counts.count(at=now())
    assert set(DueCount.objects.values_list("pk", flat=True)) == set(CATEGORIES)
    DueCount.objects.get(pk="accounts.contacts").delete()
    page = text(supervisor.get(PAGE))
    assert "It has not been counted yet." in page and "Not everything has been counted" in page


def test_without_a_broker_or_while_it_is_counted_nothing_is_counted_twice(supervisor, monkeypatch):
    cache.add(tasks.ONE_COUNT, 1)
    tasks.count_due()
    assert not DueCount.objects.exists()
    cache.delete(tasks.ONE_COUNT)
    monkeypatch.setattr(tasks.count_due, "delay", Mock(side_effect=OSError))
    answered = text(supervisor.post(f"{PAGE}count/", follow=True))
    assert "It cannot be counted at the moment." in answered


def test_the_page_tells_what_may_go_and_why(contacts, supervisor):
    counts.count(at=now())
    page = text(supervisor.get(PAGE))
    for part in (
        "Contacts made to collect", "Kept for 3 years", "CN-PLAN-17", "grade A", "180 days",
        "the bank’s own rule", "Goes by itself each night", "No legal hold stands.",
    ):  # fmt: skip
        assert part in page
    assert StaffView.objects.get().subject == "retention"


def test_one_proposes_and_another_confirms(contacts, supervisor, colleague):
    answer = supervisor.post(f"{PAGE}propose/", CONTACTS)
    purge = Purge.objects.get()
    assert answer.headers["Location"] == f"{PAGE}{purge.number}/"
    own = text(supervisor.get(f"{PAGE}{purge.number}/"))
    assert "Someone else must look at the list" in own
    assert "Confirm: delete" not in own
    theirs = text(colleague.get(f"{PAGE}{purge.number}/"))
    assert "Confirm: delete 7 for good" in theirs
    assert "2020-01-07" in theirs
    colleague.post(f"{PAGE}{purge.number}/confirm/")
    purge.refresh_from_db()
    assert purge.status == "confirmed"
    assert ContactAttempt.objects.count() == 9  # a page never deletes
    purges.carry_out(purge, at=now())
    assert "7 deleted, 0 left out" in text(supervisor.get(f"{PAGE}{purge.number}/"))
    assert purge.number in text(supervisor.get(PAGE))


def test_who_proposed_is_refused_with_a_sentence(contacts, supervisor):
    supervisor.post(f"{PAGE}propose/", CONTACTS)
    number = Purge.objects.get().number
    answer = supervisor.post(f"{PAGE}{number}/confirm/", follow=True)
    assert "You proposed this. Someone else must" in text(answer)
    assert Purge.objects.get().status == "proposed"


def test_either_may_withdraw_and_a_late_click_is_told(contacts, supervisor, colleague):
    supervisor.post(f"{PAGE}propose/", CONTACTS)
    number = Purge.objects.get().number
    assert "Nothing is deleted." in text(supervisor.post(f"{PAGE}{number}/withdraw/", follow=True))
    for verb in ("confirm", "withdraw"):
        late = colleague.post(f"{PAGE}{number}/{verb}/", follow=True)
        assert "A colleague was first." in text(late)
    assert Purge.objects.get().status == "withdrawn"


def test_a_second_proposal_and_one_of_nothing_are_told(contacts, supervisor):
    supervisor.post(f"{PAGE}propose/", CONTACTS)
    assert "open proposal" in text(supervisor.post(f"{PAGE}propose/", CONTACTS, follow=True))
    mails = supervisor.post(f"{PAGE}propose/", {"category": "accounts.mails"}, follow=True)
    assert "Nothing of this is over its time today." in text(mails)
    for other in ("x", "accounts.codes"):  # what goes by itself is proposed by nobody
        assert supervisor.post(f"{PAGE}propose/", {"category": other}).status_code == 404


def test_the_whole_list_is_a_file(contacts, supervisor, auditor):
    supervisor.post(f"{PAGE}propose/", CONTACTS)
    purge = Purge.objects.get()
    answer = auditor.get(f"{PAGE}{purge.number}/list/")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{purge.number}.txt"'
    assert answer.content == purges.read_list(purge)
    assert answer.content.count(b"\n") == 7


def test_who_looks_at_what_is_to_go_is_written_down(contacts, supervisor, auditor):
    supervisor.post(f"{PAGE}propose/", CONTACTS)
    purge = Purge.objects.get()
    for path, page in (("", "accounts:purge"), ("list/", "accounts:purge_list")):
        auditor.get(f"{PAGE}{purge.number}/{path}")
        assert StaffView.objects.get(page=page).subject == subject_of(purge)


def test_a_list_that_is_lost_can_only_be_withdrawn(contacts, supervisor, colleague):
    supervisor.post(f"{PAGE}propose/", CONTACTS)
    purge = Purge.objects.get()
    storages["documents"].delete(f"purges/{purge.list_sha256}.txt")
    page = text(colleague.get(f"{PAGE}{purge.number}/"))
    assert "can no longer be read" in page
    assert "Confirm: delete" not in page
    assert colleague.get(f"{PAGE}{purge.number}/list/").status_code == 404
    colleague.post(f"{PAGE}{purge.number}/withdraw/")
    assert Purge.objects.get().status == "withdrawn"


def test_confirming_needs_a_fresh_proof(contacts, supervisor, colleague):
    supervisor.post(f"{PAGE}propose/", CONTACTS)
    number = Purge.objects.get().number
    signed_in_long_ago(colleague)
    for answer in (
        colleague.get(f"{PAGE}{number}/"),
        colleague.get(f"{PAGE}{number}/list/"),
        colleague.post(f"{PAGE}{number}/confirm/"),
    ):
        assert answer.headers["Location"].startswith("/account/reauthenticate/")
    assert Purge.objects.get().status == "proposed"


def test_a_hold_is_placed_and_lifted(contacts, supervisor):
    typed = {"what": "account", "reference": "ac-0001", "reason": "Case 7"}
    page = text(supervisor.post(f"{PAGE}holds/", typed, follow=True))
    assert "From now on all of this is kept." in page
    assert "Case 7" in page
    assert "AC0001" in page
    hold = LegalHold.objects.get()
    assert hold.subject == subject_of(contacts)
    again = supervisor.post(f"{PAGE}holds/", typed)
    assert again.status_code == 422
    assert "stands already" in text(again)
    lift = f"{PAGE}holds/{hold.pk}/lift/"
    assert f'href="{lift}"' in page
    assert "Lift the hold on AC0001" in text(supervisor.get(lift))
    supervisor.post(lift, {"reason": "Case 7 is closed"})
    hold.refresh_from_db()
    assert hold.lifted_at is not None
    event = AuditEvent.objects.get(verb="records.hold_lifted")
    assert event.data == {"hold": hold.pk, "reason": "Case 7 is closed"}
    late = supervisor.post(lift, {"reason": "-"}, follow=True)
    assert "A colleague was first." in text(late)


def test_nobody_places_or_lifts_a_hold_on_themselves(contacts, supervisor, colleague):
    person = contacts.cardholder
    User.objects.get(pk=supervisor.session["_auth_user_id"]).own_cardholders.add(person)
    refusal = "This is about yourself. A colleague must do it."
    for what, ref in (("account", contacts.ref), ("person", person.ref)):
        typed = {"what": what, "reference": ref, "reason": "Case 7"}
        assert refusal in text(supervisor.post(f"{PAGE}holds/", typed))
        colleague.post(f"{PAGE}holds/", typed)
    for hold in LegalHold.objects.all():
        lift = f"{PAGE}holds/{hold.pk}/lift/"
        assert refusal in text(supervisor.post(lift, {"reason": "-"}, follow=True))
    assert LegalHold.objects.filter(lifted_at=None).count() == 2
    colleague.post(lift, {"reason": "-"})
    assert LegalHold.objects.filter(lifted_at=None).count() == 1


def test_a_hold_is_lifted_with_a_reason_and_a_fresh_proof_only(contacts, supervisor):
    typed = {"what": "account", "reference": "AC0001", "reason": "Case 7"}
    supervisor.post(f"{PAGE}holds/", typed)
    lift = f"{PAGE}holds/{LegalHold.objects.get().pk}/lift/"
    answer = supervisor.post(lift, {"reason": " "})
    assert answer.status_code == 422
    assert "Say why it is no longer needed." in text(answer)
    signed_in_long_ago(supervisor)
    for answer in (supervisor.get(lift), supervisor.post(lift, {"reason": "Closed"})):
        assert answer.headers["Location"].startswith("/account/reauthenticate/")
    assert LegalHold.objects.get().lifted_at is None


def test_a_hold_on_a_person(contacts, supervisor):
    person = contacts.cardholder
    typed = {"what": "person", "reference": person.ref, "reason": "Case 8"}
    supervisor.post(f"{PAGE}holds/", typed)
    assert LegalHold.objects.get().subject == subject_of(person)
    assert person.ref in text(supervisor.get(PAGE))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({}, "Choose a person or an account."),
        ({"what": "account", "reference": "NONE", "reason": "-"}, "There is no such reference."),
        ({"what": "account", "reference": "AC0001"}, "Say why it must be kept."),
    ],
)
def test_a_hold_that_cannot_be_placed_is_told(contacts, supervisor, typed, said):
    answer = supervisor.post(f"{PAGE}holds/", typed)
    assert answer.status_code == 422
    assert said in text(answer)
    assert not LegalHold.objects.exists()


def test_an_auditor_reads_and_cannot_act(contacts, supervisor, auditor):
    supervisor.post(f"{PAGE}propose/", CONTACTS)
    supervisor.post(f"{PAGE}holds/", {"what": "account", "reference": "AC0002", "reason": "Case 9"})
    number, hold = Purge.objects.get().number, LegalHold.objects.get()
    for path in (PAGE, f"{PAGE}{number}/"):
        page = auditor.get(path)
        assert page.status_code == 200
        assert f'action="{PAGE}' not in text(page)
    for path in ("count/", "propose/", "holds/", f"holds/{hold.pk}/lift/", f"{number}/confirm/",
                 f"{number}/withdraw/"):  # fmt: skip
        assert auditor.post(PAGE + path, CONTACTS).status_code == 403
    assert Purge.objects.get().status == "proposed"


@pytest.mark.parametrize("role", ["agent", "complaint_handler"])
def test_nobody_else_comes_in(db, role):
    client = people.sign_in(Client(), people.staff(role))
    assert client.get(PAGE).status_code == 403
    assert "What may be deleted" not in text(client.get("/staff/"))
