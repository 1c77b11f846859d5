"""Cases that came by phone, letter or at a branch; more time; and the clock on the page."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils.timezone import localdate, now

from disputes import lines
from disputes.actions import handling
from disputes.models import Dispute, Extension, Letter
from portal.records.models import Notice
from tests.disputes.filing import contact
from tests.disputes.scene import Scene, Status, case, record
from tests.people import sign_in, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("development_seal")]


@pytest.fixture
def scene():
    return Scene.made()


@pytest.fixture
def desk(client, scene):
    return sign_in(client, scene.handler)


def data(**changes):
    return {
        "channel": "phone", "received_on": localdate().isoformat(), "reason": "already_paid",
        "words": "She says it was paid in August.", "remedy": "", "language": "en",
        "contact_by": "phone",
    } | changes  # fmt: skip


def received(desk, scene, matter="record", **changes):
    url = reverse("disputes:intake", args=[scene.account.ref]) + f"?matter={matter}"
    return desk.post(url, data(**changes))


def test_a_call_becomes_a_case_whose_clock_counts_from_that_day(desk, scene):
    record(scene.account)
    called = localdate() - timedelta(days=3)
    key = f"record:{scene.account.ref}:2026-09"
    received(desk, scene, lines=[key], received_on=called.isoformat())
    dispute = Dispute.objects.get()
    assert (dispute.status, dispute.channel) == (Status.RECEIVED, "phone")
    assert dispute.deadline.counted_from == called
    assert dispute.started_by == scene.handler and dispute.lines.get().open
    assert Letter.objects.get().kind == "receipt"
    assert Notice.objects.get().kind == "dispute.received"
    handling.take(dispute, declared=True, by=scene.handler, at=now())  # noting it down is no tie


def test_a_line_of_an_open_case_is_shown_with_it_and_cannot_be_chosen(desk, scene):
    record(scene.account)
    key = f"record:{scene.account.ref}:2026-09"
    received(desk, scene, lines=[key])
    url = reverse("disputes:intake", args=[scene.account.ref])
    page = desk.get(url, {"matter": "record"}).content.decode()
    assert f"is in case {Dispute.objects.get().number} already" in page
    assert received(desk, scene, lines=[key], words="Again.").status_code == 422
    assert Dispute.objects.count() == 1


@pytest.mark.parametrize(
    "changes",
    [{"channel": "portal"}, {"channel": ""}, {"words": ""}, {"reason": "x"},
     {"lines": ["record:x"]}, {"lines": ["record:AC0001:2026-09", "record:x"]},
     {"received_on": (localdate() + timedelta(days=1)).isoformat()}, {"received_on": ""},
     {"received_on": "2006-11-20"}, {"received_on": "2012-01-01"},
     {"name": "A Helper"}, {"language": "fr"},
     {"name": "A Helper", "relation": "Son", "reach": "Phone"}],
)  # fmt: skip
def test_the_form_says_what_is_missing(desk, scene, changes):
    record(scene.account)
    sent = {"lines": [f"record:{scene.account.ref}:2026-09"]} | changes
    page = received(desk, scene, **sent)
    assert page.status_code == 422 and "There is a problem" in page.content.decode()
    assert not Dispute.objects.exists()


def test_a_complaint_through_a_helper_whose_authority_was_seen(desk, scene):
    helper = {"name": "A Helper", "relation": "Son", "reach": "Phone", "seen": "on"}
    received(desk, scene, "service", topic="conduct", reason="", channel="counter", **helper)
    dispute = Dispute.objects.get()
    assert dispute.topic == "conduct" and "A Helper" in dispute.representative
    page = desk.get(reverse("disputes:staff_case", args=[dispute.number])).content.decode()
    assert "authority was seen at the desk" in page


def test_more_time_is_asked_and_answered_by_two(desk, client, scene):
    dispute = case(scene.account, matter="charge")
    received(desk, scene, "service", topic="service", reason="")
    dispute = Dispute.objects.exclude(pk=dispute.pk).get()
    handling.take(dispute, declared=True, by=scene.handler, at=now())
    url = reverse("disputes:extend", args=[dispute.number])
    assert "holds as soon as you send this" in desk.get(url).content.decode()
    assert desk.post(url, {"reason": " "}).status_code == 422
    desk.post(url, {"reason": "We wait for the recording."})
    first = Extension.objects.get()
    assert first.status == "granted"
    assert "A supervisor must approve it" in desk.get(url).content.decode()
    desk.post(url, {"reason": "It has not come yet."})
    asked = Extension.objects.get(status="asked")
    page = desk.get(reverse("disputes:staff_case", args=[dispute.number])).content.decode()
    assert "It waits for a supervisor." in page and "Stop the clock" not in page
    chief = sign_in(client, staff("supervisor"))
    answer = reverse("disputes:answer_extension", args=[dispute.number, asked.pk])
    assert chief.post(answer, {"time-answer": "no"}).status_code == 422
    chief.post(answer, {"time-answer": "yes"})
    asked.refresh_from_db()
    assert asked.status == "granted"
    dispute.refresh_from_db()
    assert dispute.deadline.step == 2
    other = case(scene.account)
    foreign = reverse("disputes:answer_extension", args=[other.number, asked.pk])
    assert chief.post(foreign, {"time-answer": "yes"}).status_code == 404


def test_the_clock_does_not_stand_where_the_rules_do_not_let_it(desk, scene):
    dispute = case(scene.account)
    handling.take(dispute, declared=True, by=scene.handler, at=now())
    url = reverse("disputes:clock", args=[dispute.number])
    page = desk.post(url, {"clock-reason": "Holidays."}, follow=True).content.decode()
    assert "The rules do not let this clock stand." in page
    assert not dispute.pauses.exists()


def test_who_was_only_given_a_case_does_not_move_its_clock(desk, scene):
    received(desk, scene, "service", topic="service", reason="")
    dispute = Dispute.objects.get()
    handling.assign(dispute, to=scene.handler, by=staff("supervisor"), at=now())
    url = reverse("disputes:extend", args=[dispute.number])
    page = desk.post(url, {"reason": "We wait."})
    assert page.status_code == 422 and not Extension.objects.exists()
    assert "Confirm first" in page.content.decode()


def test_what_each_line_should_be_is_taken_down_with_it(desk, scene):
    record(scene.account)
    key = f"record:{scene.account.ref}:2026-09"
    url = reverse("disputes:intake", args=[scene.account.ref]) + "?matter=record"
    typed = data(lines=[key], words="Typed already.", reason="wrong_amount")
    page = desk.post(url, typed | {"go": ""})
    text = page.content.decode()
    assert page.status_code == 200 and "There is a problem" not in text
    assert "Typed already." in text and f'name="amount_{key}"' in text
    assert f'value="{key}"' in text
    assert not Dispute.objects.exists()
    told = {f"amount_{key}": "250", f"days_{key}": "3"}
    assert desk.post(url, typed | {f"amount_{key}": "1e3"}).status_code == 422
    assert desk.post(url, typed | {f"amount_{key}": "99999"}).status_code == 422
    desk.post(url, typed | told)
    line = Dispute.objects.get().lines.get()
    assert (line.asked_amount, line.asked_days) == (Decimal(250), 3)


def test_ticks_on_two_pages_of_the_list_become_one_case(desk, scene, monkeypatch):
    monkeypatch.setattr(lines, "PAGE", 1)
    keys = []
    for month in ("2026-09", "2026-10"):
        record(scene.account, month)
        keys.append(f"record:{scene.account.ref}:{month}")
    url = reverse("disputes:intake", args=[scene.account.ref]) + "?matter=record"
    older = desk.get(url).context["offered"].older
    page = desk.post(url, data(lines=[keys[1]], go=older)).content.decode()
    assert all(f'value="{key}"' in page for key in keys)
    desk.post(f"{url}&after={older}", data(lines=keys))
    assert Dispute.objects.get().lines.count() == 2


@pytest.mark.parametrize(("changes", "cases"), [({}, 1), ({"words": "And another thing."}, 2)])
def test_a_second_click_makes_no_second_case(desk, scene, changes, cases):
    told = {"topic": "conduct", "reason": ""}
    received(desk, scene, "service", **told)
    page = received(desk, scene, "service", **told | changes)
    assert page.status_code == 302 and Dispute.objects.count() == cases
    assert Letter.objects.count() == cases


def test_who_made_contact_takes_nothing_down_about_it(desk, scene):
    scene.handler.collector_code = "E-77"
    scene.handler.save()
    contact(scene.account, by="E-77")
    assert received(desk, scene, "service", topic="conduct", reason="").status_code == 403
    assert not Dispute.objects.exists()
