"""Files beside a budget: with consent, with each request that is sent, and gone when taken back."""

from datetime import timedelta
from functools import partial

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import override

from accounts.actions import place_hold
from accounts.files import apart, intake, limits, store, strays
from accounts.files.verdict import Verdict
from accounts.models import CardAccount
from plans import actions
from plans import retention as ours
from plans.actions import automatic
from plans.models import Paper, PlanRequest, Situation
from plans.situation import papers
from plans.situation import retention as of_situations
from portal.kit.errors import Refused, Stale
from portal.records.models import AuditEvent, Notice, StaffView
from tests import hostile
from tests.files import entered, sent, stored
from tests.people import cardholder, in_parallel, sign_in, staff
from tests.plans.limits import proposed, put_to_use
from tests.plans.scene import Scene, account_of
from tests.plans.telling import row, tell

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
    return papers.add(situation, data, name="slip.pdf", consents=True, by=scene.holder, at=now())


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
    events = AuditEvent.objects.filter(verb="plans.paper.added").order_by("seq")
    first = {"sha256": paper.sha256, "sensitive": True, "consents": True}
    assert events[0].data == first and "consents" not in events[1].data


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
    event = AuditEvent.objects.get(verb="plans.paper.added")
    assert event.data["request"] == request.number
    page = me.get(answer.headers["Location"]).content.decode()
    assert "a.pdf" in page and "multipart" in page
    actions.withdraw_request(request, by=scene.holder, at=now())
    assert post(me, with_request(request), ("b.pdf", PDF + b" ")).status_code == 422
    with pytest.raises(Refused) as no:
        papers.add_to(request, PDF, name="c.pdf", consents=True, by=scene.holder, at=now())
    assert no.value.rule == "FILE-CLOSED" and not Paper.objects.exists()  # gone with the request
    assert "multipart" not in me.get(with_request(request)).content.decode()


def test_the_action_asks_for_consent_too(scene):
    situation = tell(scene.account)
    facts = {"name": "a.pdf", "by": scene.holder, "at": now()}
    for add in (partial(papers.add, situation), partial(papers.add_to, scene.submitted())):
        with pytest.raises(Refused) as no:
            add(PDF, consents=False, **facts)
        assert no.value.rule == "FILE-CONSENT" and not stored()


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
    assert not Paper.objects.exists() and list(papers.of_request(request)) == []
    assert me.get(reverse("plans:paper", args=[paper.ref])).status_code == 404
    verbs = AuditEvent.objects.values_list("verb", flat=True)
    assert {"plans.paper.removed", "plans.planrequest.file_taken_back"} <= {*verbs}
    assert papers.remove(paper, by=scene.holder, at=now())  # the second of two clicks


def test_what_a_decision_rests_on_stays_with_it(scene, me, quick):
    paper = beside(scene)
    intake.check_next(at=now())
    request = scene.taken()
    actions.refuse(request, reason="Not so.", by=scene.agent, at=now())
    for _ in range(2):
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
    papers.remove(paper, by=scene.holder, at=now())
    assert not stored() and not Paper.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_sent_and_taken_back_at_once_is_one_or_the_other(scene, monkeypatch):
    monkeypatch.setattr(intake, "wake", lambda: None)
    beside(scene)
    draft = scene.draft()

    def one(i):
        if i:
            return papers.remove(Paper.objects.get(), by=scene.holder, at=now())
        return actions.submit(PlanRequest.objects.get(), by=scene.holder, at=now())

    in_parallel(2, one)
    assert not Paper.objects.exists() and not papers.of_request(draft).exists() and not stored()


@pytest.mark.parametrize("status", ["pending", "quarantined", "rejected"])
def test_no_decision_rests_on_a_file_that_nobody_could_see(scene, status):
    request = scene.taken()
    looked_at = None if status == "pending" else now()
    seen = sent(request, sha256="0" * 64, checked_at=now())
    unseen = sent(request, status, checked_at=looked_at)
    actions.refuse(request, reason="Not so.", by=scene.agent, at=now())
    shelf = papers.shelf_with(request, at=now())
    assert [bool(each.remove_url) for each in shelf.files] == [False, True]
    assert papers.remove(unseen, by=scene.holder, at=now()) is True
    assert list(Paper.objects.all()) == [seen]


def test_nor_on_one_that_was_found_in_order_only_afterwards(scene):
    request = scene.taken()
    late = sent(request, checked_at=now() + timedelta(minutes=1))
    actions.refuse(request, reason="Not so.", by=scene.agent, at=now())
    assert papers.remove(late, by=scene.holder, at=now()) is True


def test_what_was_added_to_a_request_alone_goes_when_it_is_withdrawn(scene, quick):
    tell(scene.account)
    request = scene.submitted()
    alone, shelved = sent(request), beside(scene)
    shelved.requests.add(request)
    actions.withdraw_request(request, by=scene.holder, at=now())
    assert list(Paper.objects.all()) == [shelved]
    assert not Paper.objects.filter(pk=alone.pk).exists()


def test_files_can_be_reached_while_no_plan_can_be_asked_for(scene, me):
    beside(scene)
    CardAccount.objects.filter(pk=scene.account.pk).update(closed_by_feed=True)
    page = me.get(reverse("plans:start", args=[scene.account.ref])).content.decode()
    assert page_of(scene) in page and "We keep 1 file of yours" in page
    assert me.get(page_of(scene)).status_code == 200


def test_the_pages_do_not_promise_what_will_not_go(scene, me):
    paper = beside(scene)
    Paper.objects.filter(pk=paper.pk).update(status=STATUS.REJECTED, next_try_at=None)
    check = me.get(reverse("plans:request_page", args=[scene.draft().number])).content.decode()
    assert "slip.pdf" not in check


def test_asking_for_a_person_hands_the_files_on_and_no_rule_keeps_them(scene, quick):
    put_to_use(auto=True)
    tell(scene.account, income={"wages": row("5500.00")})  # 500.00 is left, and 1,000.00 overdue
    paper = beside(scene)
    intake.check_next(at=now())  # found in order before the rule decides, and still not used
    request = scene.submitted(4)
    offer = request.offers.get()
    assert offer.made_by is None and list(papers.of_request(request)) == [paper]
    Paper.objects.filter(pk=paper.pk).update(situation=None)  # added to the request alone
    again = automatic.ask_person(offer, by=scene.holder, at=now())
    assert list(papers.of_request(again)) == [paper]
    assert papers.remove(paper, by=scene.holder, at=now()) is True


# == what is decided is what was seen


@pytest.fixture
def desk(scene):
    return sign_in(Client(), scene.agent)


def typed(client, request, prefix="") -> dict[str, str]:
    page = client.get(reverse("plans:staff_request", args=[request.number]))
    form = page.context["refuse_form" if prefix else "offer_form"]
    return {
        form.add_prefix(name): form.initial[name] for name in ("basis_version", "seen", "papers")
    }


def test_nobody_refuses_over_files_that_changed_meanwhile(scene, desk, quick):
    request = scene.taken()
    first = sent(request)
    data = typed(desk, request, "refuse-") | {"refuse-reason": "Not so."}
    papers.remove(first, by=scene.holder, at=now())
    answer = desk.post(reverse("plans:refuse", args=[request.number]), data)
    page = answer.content.decode()
    assert answer.status_code == 409 and "changed since" in page and "Not so." in page
    assert "The cardholder took a file back." in page
    with pytest.raises(actions.Changed):
        actions.refuse(request, reason="x", files="9c", by=scene.agent, at=now())
    request.refresh_from_db()
    assert request.status == "under_review"
    data = typed(desk, request, "refuse-") | {"refuse-reason": "Not so."}
    assert desk.post(reverse("plans:refuse", args=[request.number]), data).status_code == 302
    request.refresh_from_db()
    assert request.status == "refused"


def test_nor_does_the_second_person_agree_over_them(scene, quick):
    offer = proposed(scene)
    paper, second = sent(offer.request), sign_in(Client(), staff("supervisor"))
    url = reverse("plans:approve_offer", args=[offer.request.number])
    shown = papers.seen(offer.request)
    papers.remove(paper, by=scene.holder, at=now())
    page = second.post(url, {"offer": offer.number, "papers": shown}, follow=True)
    assert "The files changed since you opened this page." in page.content.decode()
    offer.refresh_from_db()
    assert offer.status == "proposed"
    with pytest.raises(Stale):
        actions.approve_offer(offer, files=shown, by=staff("supervisor"), at=now())
    second.post(url, {"offer": offer.number, "papers": ""})
    offer.refresh_from_db()
    assert offer.status == "preparing"


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
    other = _request(account_of(scene.holder, ref="AC0003"))
    other.taken_by = supervisor
    other.save()
    paper.requests.add(other)  # on another card, but the same file
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


def test_nobody_is_mailed_while_all_stands_still(scene, monkeypatch):
    monkeypatch.setattr(apart, "check", lambda kind, data: (Verdict(problem="pages"), b""))
    beside(scene)
    scene.submitted()
    place_hold(scene.account, reason="death", amount=None, source="test", by=scene.agent, at=now())
    intake.check_next(at=now())
    queue = sign_in(Client(), scene.agent).get(reverse("plans:queue")).content.decode()
    assert "On hold" in queue
    assert Paper.objects.get().status == STATUS.REJECTED
    assert not Notice.objects.filter(kind="plan.files_held").exists()


def test_who_worked_on_an_earlier_request_may_release_it_later(scene):
    supervisor = staff("supervisor")
    paper = sent(scene.submitted(), "quarantined", problem="script")
    PlanRequest.objects.update(taken_by=supervisor, status="refused")
    papers.release(paper, reason="Harmless.", by=supervisor, at=now())
    assert paper.status == STATUS.PENDING


def test_any_number_of_files_fits_into_the_form(scene, desk):
    request = scene.taken()
    sent(request)
    shown = papers.seen(request)
    for n in range(20):
        sent(request, "rejected", sha256=f"{n:064}", copy_sha256="")
    assert papers.seen(request) != shown and len(papers.seen(request)) == len(shown)
    data = typed(desk, request, "refuse-") | {"refuse-reason": "Not so."}
    assert desk.post(reverse("plans:refuse", args=[request.number]), data).status_code == 302


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
    due = now() - timedelta(hours=1)
    early = sent(_request(scene.account), "pending", next_try_at=due)
    assert intake.claim(at=now()) == early and intake.claim(at=now()) == late


def _request(account) -> PlanRequest:
    facts = {"total": 1000, "each": 500, "months": 2, "first_on": localdate(), "basis_version": 1}
    return PlanRequest.objects.create(
        number=f"PR-{account.ref}", account=account, status="under_review", **facts
    )
