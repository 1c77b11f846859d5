"""Files beside a budget: with consent, with each request that is sent, and gone when taken back."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import override

from accounts.files import apart, intake, limits, store, strays
from accounts.files.verdict import Verdict
from plans import actions
from plans import retention as ours
from plans.models import Paper, PlanRequest, Situation
from plans.situation import papers
from plans.situation import retention as of_situations
from portal.kit.errors import Refused
from portal.records.models import AuditEvent, Notice, StaffView
from tests import hostile
from tests.files import entered, sent, stored
from tests.people import cardholder, in_parallel, sign_in, staff
from tests.plans.scene import Scene, account_of
from tests.plans.telling import tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_store")]
STATUS = Paper.Status
PDF = hostile.built("UPL-32")


@pytest.fixture
def scene():
    holder = cardholder()
    return Scene(holder, staff("agent"), account_of(holder))


@pytest.fixture
def me(scene):
    return sign_in(Client(), scene.holder)


@pytest.fixture
def quick(monkeypatch):
    def clean(kind, data):
        return Verdict(media_type="application/pdf", pages=1), b"%PDF-copy of " + data[:20]

    monkeypatch.setattr(apart, "check", clean)


def page_of(scene) -> str:
    return reverse("plans:papers", args=[scene.account.ref])


def with_request(request) -> str:
    return reverse("plans:request_papers", args=[request.number])


def post(client, url, *files, consent=True, **how):
    data = {"file": [SimpleUploadedFile(name, data) for name, data in files]}
    return client.post(url, data | ({"sensitive": "on"} if consent else {}), **how)


def beside(scene, data: bytes = PDF) -> Paper:
    situation = Situation.objects.filter(cardholder=scene.account.cardholder).first()
    situation = situation or tell(scene.account)
    return papers.add(situation, data, name="slip.pdf", by=scene.holder, at=now())


# == kept with consent, and not without


def test_nothing_is_kept_without_consent_and_it_is_asked_once(scene, me):
    tell(scene.account)
    page = me.get(page_of(scene)).content.decode()
    assert 'name="sensitive"' in page and "checked" not in page
    answer = post(me, page_of(scene), ("a.pdf", PDF), consent=False)
    assert answer.status_code == 422 and "Tick this if we may keep" in answer.content.decode()
    assert not Paper.objects.exists() and not stored()
    assert post(me, page_of(scene), ("a.pdf", PDF)).status_code == 302
    paper = Paper.objects.get()
    assert paper.sensitive and paper.name == "a.pdf" and "a.pdf" not in paper.sealed_name
    assert 'name="sensitive"' not in me.get(page_of(scene)).content.decode()
    assert (
        post(me, page_of(scene), ("b.png", hostile.built("png")), consent=False).status_code == 302
    )
    event = AuditEvent.objects.filter(verb="plans.paper.added").first()
    assert event.data == {"sha256": paper.sha256, "sensitive": True}


def test_without_a_budget_there_is_nothing_to_lie_beside(scene, me):
    assert me.get(page_of(scene)).status_code == 404


def test_the_list_of_parts_and_the_check_page_name_them(scene, me):
    beside(scene)
    start = me.get(reverse("plans:start", args=[scene.account.ref])).content.decode()
    assert page_of(scene) in start and "1 file" in start
    check = me.get(reverse("plans:request_page", args=[scene.draft().number])).content.decode()
    assert "slip.pdf" in check and page_of(scene) in check


def test_what_was_told_is_kept_a_time_after_the_last_file(scene):
    tell(scene.account)
    Situation.objects.update(updated_at=now() - timedelta(days=300))
    beside(scene)
    assert Situation.objects.get().updated_at > now() - timedelta(minutes=1)


# == sent with a request


def test_files_go_with_every_request_that_is_sent_while_they_are_there(scene):
    first, rejected = beside(scene), beside(scene, hostile.built("png"))
    Paper.objects.filter(pk=rejected.pk).update(status=STATUS.REJECTED, next_try_at=None)
    request = scene.submitted()
    assert list(papers.of_request(request)) == [first]
    sent_event = AuditEvent.objects.get(verb="plans.planrequest.submitted")
    assert sent_event.data["files"] == 1
    actions.withdraw_request(request, by=scene.holder, at=now())
    assert list(papers.of_request(scene.submitted())) == [first]


def test_one_file_more_goes_with_a_request_that_waits_and_with_no_other(scene, me, quick):
    request = scene.submitted()
    answer = post(me, with_request(request), ("a.pdf", PDF))
    assert answer.headers["Location"] == reverse("plans:request_page", args=[request.number])
    paper = Paper.objects.get()
    assert list(paper.requests.all()) == [request] and paper.situation is None
    page = me.get(answer.headers["Location"]).content.decode()
    assert "a.pdf" in page and "multipart" in page
    actions.withdraw_request(request, by=scene.holder, at=now())
    assert post(me, with_request(request), ("b.pdf", PDF + b" ")).status_code == 422
    with pytest.raises(Refused) as no:
        papers.add_to(request, PDF, name="c.pdf", by=scene.holder, at=now())
    assert no.value.rule == "FILE-CLOSED" and Paper.objects.count() == 1
    assert len(stored()) == 1  # nothing of what was refused
    assert "multipart" not in me.get(with_request(request)).content.decode()


def test_a_draft_takes_no_files_of_its_own(scene, me):
    assert me.get(with_request(scene.draft())).status_code == 404


def test_limits_count_what_lies_there(scene, quick, monkeypatch):
    situation = tell(scene.account)
    monkeypatch.setattr(limits, "MOST", 2)
    for n in range(2):
        beside(scene, b"%%PDF- startxref %d" % n)
    with pytest.raises(Refused) as no:
        beside(scene)
    assert no.value.rule == "FILE-COUNT"
    with override("en"):
        assert "You can add 2 files" in str(no.value)
    papers.remove(situation.papers.first(), by=scene.holder, at=now())
    Paper.objects.filter(removed_at=None).update(size=limits.MOST_OF_A_PERSON)
    with pytest.raises(Refused) as no:
        beside(scene)
    assert no.value.rule == "FILE-SPACE"


def test_what_was_sent_long_ago_counts_no_more(scene):
    tell(scene.account)
    old = sent(scene.submitted(), size=limits.MOST_OF_A_PERSON)
    with pytest.raises(Refused):
        beside(scene)
    Paper.objects.filter(pk=old.pk).update(uploaded_at=now() - papers.LATELY)
    assert beside(scene)


# == taken back


def test_a_file_taken_back_is_deleted_from_what_is_not_decided(scene, me, quick):
    paper = beside(scene)
    request = scene.submitted()
    answer = me.post(reverse("plans:remove_paper", args=[paper.ref]) + f"?next={page_of(scene)}")
    assert answer.headers["Location"] == page_of(scene)
    paper.refresh_from_db()
    assert paper.removed_at and (paper.name, paper.situation, paper.requests.count()) == (
        "",
        None,
        0,
    )
    assert list(papers.of_request(request)) == []
    assert me.get(reverse("plans:paper", args=[paper.ref])).status_code == 404


def test_what_a_decision_rests_on_stays_with_it(scene, me, quick):
    paper = beside(scene)
    request = scene.taken()
    actions.refuse(request, reason="Not so.", by=scene.agent, at=now())
    assert papers.remove(paper, by=scene.holder, at=now()) is False
    paper.refresh_from_db()
    assert (paper.removed_at, paper.situation) == (None, None)
    assert list(papers.of_request(request)) == [paper]
    assert list(papers.of_request(scene.submitted())) == []  # it goes with nothing more
    assert AuditEvent.objects.filter(verb="plans.paper.put_away").count() == 1


@pytest.mark.django_db(transaction=True)
def test_its_bytes_are_deleted_with_it(scene, monkeypatch):
    monkeypatch.setattr(intake, "wake", lambda: None)
    paper = beside(scene)
    intake.check_next(at=now())
    assert len(stored()) == 2
    papers.remove(Paper.objects.get(), by=scene.holder, at=now())
    assert not stored() and Paper.objects.get(pk=paper.pk).removed_at


@pytest.mark.django_db(transaction=True)
def test_sent_and_taken_back_at_once_is_one_or_the_other(scene, monkeypatch):
    monkeypatch.setattr(intake, "wake", lambda: None)
    paper, draft = beside(scene), scene.draft()

    def one(i):
        if i:
            return papers.remove(Paper.objects.get(), by=scene.holder, at=now())
        return actions.submit(PlanRequest.objects.get(), by=scene.holder, at=now())

    in_parallel(2, one)
    paper.refresh_from_db()
    assert paper.removed_at and not papers.of_request(draft).exists() and not stored()


# == whose they are


def test_files_of_others_are_not_found(scene, quick):
    paper = sent(scene.submitted())
    stranger = sign_in(
        Client(), account_of(cardholder("b@example.com"), ref="AC0002").cardholder.user
    )
    assert stranger.get(reverse("plans:paper", args=[paper.ref])).status_code == 404
    assert stranger.post(reverse("plans:remove_paper", args=[paper.ref])).status_code == 404
    assert post(stranger, page_of(scene), ("a.pdf", PDF)).status_code == 404
    assert (
        post(stranger, with_request(PlanRequest.objects.get()), ("a.pdf", PDF)).status_code == 404
    )


def test_staff_see_what_went_with_this_request_and_each_look_is_logged(scene):
    request = scene.submitted()
    paper, other = (
        sent(request),
        entered(Paper(cardholder=request.account.cardholder), by=scene.holder),
    )
    agent = sign_in(Client(), scene.agent)
    page = agent.get(reverse("plans:staff_request", args=[request.number])).content.decode()
    drawn = reverse("plans:staff_paper_page", args=[request.number, paper.ref, 1])
    assert drawn in page and "receipt.png" in page
    looks = StaffView.objects.count()
    shown = agent.get(drawn)
    assert shown.headers["Content-Type"] == "image/png" and shown.content.startswith(b"\x89PNG")
    copy = agent.get(reverse("plans:staff_paper", args=[request.number, paper.ref]))
    assert copy.status_code == 200 and copy.headers["Content-Disposition"].startswith("attachment")
    assert StaffView.objects.count() == looks + 2
    foreign = reverse("plans:staff_paper", args=[request.number, other.ref])
    assert agent.get(foreign).status_code == 404
    assert sign_in(Client(), staff("complaint_handler")).get(drawn).status_code == 403


def test_a_file_held_back_is_looked_at_again_by_somebody_else(scene):
    request, supervisor = scene.submitted(), staff("supervisor")
    paper = sent(request, "quarantined", problem="script")
    client = sign_in(Client(), supervisor)
    url = reverse("plans:release_paper", args=[request.number, paper.ref])
    PlanRequest.objects.update(taken_by=supervisor)
    assert client.post(url, {"reason": "Mine."}).status_code == 422
    PlanRequest.objects.update(taken_by=None)
    assert client.post(url, {"reason": "It is harmless."}).status_code == 302
    paper.refresh_from_db()
    assert (paper.status, paper.released_by, paper.release) == (
        STATUS.PENDING, supervisor, "It is harmless.",
    )  # fmt: skip
    assert "harmless" not in paper.sealed_release


@pytest.mark.parametrize(("sent_with", "mails"), [("", 0), ("waits", 1), ("withdrawn", 0)])
def test_who_has_sent_a_file_that_cannot_be_used_is_told(scene, sent_with, mails, monkeypatch):
    monkeypatch.setattr(apart, "check", lambda kind, data: (Verdict(problem="pages"), b""))
    beside(scene)
    request = scene.submitted() if sent_with else None
    if sent_with == "withdrawn":
        actions.withdraw_request(request, by=scene.holder, at=now())
    intake.check_next(at=now())
    assert Paper.objects.get().status == STATUS.REJECTED
    assert Notice.objects.filter(kind="plan.files_held").count() == mails


# == after their time


def test_files_beside_an_old_budget_go_with_it_and_those_of_a_decision_stay(scene, quick):
    tell(scene.account)
    decided = scene.taken()
    kept, loose = sent(decided), beside(scene)
    both = beside(scene, hostile.built("png"))
    both.requests.add(decided)
    of_situations.CATEGORY.purge([Situation.objects.get().pk], now())
    assert set(Paper.objects.all()) == {kept, both} and not Situation.objects.exists()
    assert not Paper.objects.filter(pk=loose.pk).exists()


def test_files_go_with_the_request_unless_something_else_has_them(scene, quick):
    tell(scene.account)
    request = scene.taken()
    actions.refuse(request, reason="Not so.", by=scene.agent, at=now())
    alone, shelved = sent(request), beside(scene)
    shelved.requests.add(request)
    PlanRequest.objects.update(sealed_refusal="", sealed_situation="")
    unsigned = next(each for each in ours.CATEGORIES if each.code == "plans.unsigned")
    later = (now() + timedelta(days=4000)).date()
    assert unsigned.due(later).filter(pk=request.pk).exists()  # for its files alone
    unsigned.purge([request.pk], now())
    assert not unsigned.due(later).filter(pk=request.pk).exists()
    assert list(Paper.objects.all()) == [shelved] and not shelved.requests.exists()
    assert not Paper.objects.filter(pk=alone.pk).exists()


def test_the_sweep_leaves_files_of_both_rooms(scene, quick):
    paper = sent(scene.submitted())
    store.keep(Paper().ref, store.ORIGINAL, b"a stray")
    assert strays.sweep(at=now() + 2 * strays.AGE) == 1
    assert {name.split("/")[1].split(".")[0] for name in stored()} == {str(paper.ref)}


def test_the_worker_takes_what_waits_longest_of_both_rooms(scene, quick):
    late = beside(scene)
    early = sent(
        PlanRequest.objects.create(**_request(scene)),
        "pending",
        next_try_at=now() - timedelta(hours=1),
    )
    assert intake.claim(at=now()) == early and intake.claim(at=now()) == late


def _request(scene):
    first = scene.first_on
    return {"number": "PR-TEST", "account": scene.account, "total": 1000, "each": 500, "months": 2,
            "first_on": first, "basis_version": 1}  # fmt: skip
