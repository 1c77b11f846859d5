"""Who contacted me, as the cardholder and the staff see it; and what someone permits."""

import re
from datetime import UTC, datetime, time, timedelta
from html import unescape
from itertools import count

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.contacts import actions, agencies, queries
from accounts.models import ContactAttempt, ContactChoice, FeedLoad
from disputes.actions import drafting
from portal.records import outbox_files
from portal.records.models import AuditEvent, Notice, OutboxEvent, StaffView
from tests.accounts.books import bare
from tests.disputes.scene import case, line
from tests.people import cardholder, in_parallel, mailed_code, sign_in, staff

PAGE, CHOICES = "/contacts/", "/contacts/choices/"
USUAL = {"earliest": "08:00", "latest": "22:00",
         "channels": ["call", "sms", "email", "visit", "app"]}  # fmt: skip
WISH = {"earliest": "10:00", "latest": "18:30", "channels": ["sms", "app"]}
NOON = datetime.fromisoformat("2026-11-22T12:00+08:00")
_refs = count(1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def me(client):
    user = cardholder(mobile="+8613800001234", postal_address="1 Test Road, Example City")
    sign_in(client, user)
    return user


def contact(account, at, channel="call", by="bank", **facts):
    given = {"purpose": "Overdue reminder", "outcome": "No answer"} | facts
    return ContactAttempt.objects.create(
        ref=f"K/{next(_refs)}", account=account, at=datetime.fromisoformat(f"{at}+08:00"),
        channel=channel, by=by, **given,
    )  # fmt: skip


def text(response, status=200):
    assert response.status_code == status
    plain = unescape(re.sub(r"<[^>]+>", " ", response.content.decode()))
    return re.sub(r"\s+", " ", plain)


def refs(response):
    assert response.status_code == 200
    return [row.contact.ref for row, _ in response.context["rows"]]


def marks(response):
    return [[str(mark.title) for mark in said] for _, said in response.context["rows"]]


def chosen(user, earliest, latest, channels, at):
    return ContactChoice.objects.create(
        cardholder=user.cardholder, made_at=datetime.fromisoformat(f"{at}+08:00"),
        earliest=time.fromisoformat(earliest), latest=time.fromisoformat(latest), channels=channels,
    )  # fmt: skip


def test_nobody_has_contacted_me_yet(client, me):
    said = text(client.get(PAGE))
    assert "Nobody has contacted you about what you owe yet" in said
    assert "08:00–22:00" in said and "Nothing yet: these are the bank's usual" in said
    assert "****1234" in said and "1 T****ty" in said and "Test Road" not in said
    assert "CN-COL-06" in said and "Asia/Shanghai" in said
    assert 'aria-current="page">Contacts' in client.get(PAGE).content.decode()


def test_every_contact_is_told_with_its_marks_and_one_tap_to_complain(client, me):
    one = bare(me, "AC1", held_by="AGENCY", agency_name="Example Collections")
    two = bare(me, "AC2", card_last4="2222")
    bare(other := cardholder(), "AC9")
    contact(other.cardholder.accounts.get(), "2026-11-20T10:30")  # counts for nobody else
    chosen(me, "09:30", "20:00", ["call", "letter", "sms"], "2026-11-19T12:00")
    calls = [
        contact(one, "2026-11-20T09:45"),
        contact(two, "2026-11-20T10:00", by="OTHER"),
        contact(one, "2026-11-20T11:00", by="AGENCY"),
        contact(two, "2026-11-20T12:00"),
    ]
    late = contact(one, "2026-11-20T23:10", "sms")
    early = contact(two, "2026-11-21T09:00", "visit", outcome="<b>Nobody in</b> =1+1")
    had = case(two)
    line(had, "contact", early.ref, amount=None)
    from accounts.actions import place_hold

    place_hold(
        two, reason="dispute", source="t:1", amount=None, by=None, at=NOON, contact_only=True
    )
    response = client.get(PAGE)
    said, page = text(response), response.content.decode()
    assert refs(response) == [each.ref for each in [early, late, *reversed(calls)]]
    assert marks(response) == [
        ["Outside the hours you chose", "In a way you did not choose"],
        ["Outside the permitted hours"], ["More calls than permitted"], [], [], [],
    ]  # fmt: skip
    for part in ("By the agency Example Collections", "only by its code, OTHER", "ending 2222",
                 "It was call number 4 to you that day. Permitted are 3 a day", "CN-COL-07: GB/T",
                 "It was at 23:10. From 22:00 to 08:00", "to be contacted from 09:30 to 20:00",
                 "The ways you had chosen were: calls, text messages, letters.",
                 "20 November 2026, 11:00", "<b>Nobody in</b> =1+1"):  # fmt: skip
        assert part in said, part
    tap = f'{reverse("disputes:begin", args=["AC1"])}?line=contact:{late.ref.replace("/", "%2F")}"'
    assert tap in page
    assert f"In dispute: case {had.number}" in said and early.ref not in page
    assert "It was" not in text(sign_in_as(other).get(PAGE))
    draft = drafting.begin(one, language="en", by=me, at=NOON)
    assert client.get(tap.rstrip('"')).status_code == 200 and draft.matter == ""
    assert queries.marks_of([late, calls[3]]).keys() == {late.pk, calls[3].pk}
    assert queries.marks_of([]) == {}


def sign_in_as(user):
    return sign_in(Client(), user)


def test_filters_and_pages_by_key(client, me, monkeypatch):
    one, two = bare(me, "AC1"), bare(me, "AC2")
    bare(other := cardholder(), "AC9")
    foreign = contact(other.cardholder.accounts.get(), "2026-10-10T12:00")
    days = range(1, 29)
    mine = [contact(one if day % 2 else two, f"2026-10-{day:02}T10:00") for day in days]
    same = [contact(one, "2026-10-28T10:00", "sms") for _ in range(2)]  # at one moment
    night = contact(two, "2026-10-01T06:00", "visit")
    expected = [each.ref for each in [*reversed(same), *reversed(mine), night]]
    expected[:3] = sorted(expected[:3], key=lambda ref: int(ref[2:]), reverse=True)
    first = client.get(PAGE)
    older = re.search(r'href="\?([^"]+)">Older', first.content.decode())
    second = client.get(f"{PAGE}?{unescape(older[1])}")
    assert refs(first) + refs(second) == expected and "Older ones" not in text(second)
    assert refs(client.get(f"{PAGE}?account=AC1&channel=sms")) == [each.ref for each in same[::-1]]
    assert refs(client.get(f"{PAGE}?marked=yes")) == [night.ref]
    for odd in ("after=%00", "account=%00", "channel=%00"):
        assert client.get(f"{PAGE}?{odd}").status_code == 400, odd
    for odd in ("account=AC9", "marked=1", "after=K/0",
                f"after={foreign.ref}"):  # fmt: skip
        assert refs(client.get(f"{PAGE}?{odd}")) == expected[:25], odd
    assert "No contact of this kind" in text(client.get(f"{PAGE}?channel=letter"))
    monkeypatch.setattr(queries, "LOOK", 20)  # marked ones further back are one tap away
    nothing = client.get(f"{PAGE}?marked=yes")
    assert refs(nothing) == [] and "We looked through 20 contacts." in text(nothing)
    assert refs(client.get(f"{PAGE}?marked=yes&after={expected[19]}")) == [night.ref]
    part = client.get(
        f"{PAGE}?channel=sms", headers={"hx-request": "true", "hx-target": "contacts"}
    )
    assert refs(part) == [each.ref for each in same[::-1]] and b"<html" not in part.content


def test_the_number_of_queries_does_not_grow(client, me):
    accounts = [bare(me, f"AC{i}") for i in range(3)]

    def asked(query=""):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(PAGE + query).status_code == 200
        return len(captured)

    contact(accounts[0], "2026-10-01T10:00")
    asked()  # what a first page does once
    few = asked()
    for day in range(1, 29):
        contact(accounts[day % 3], f"2026-11-{day:02}T{day % 24:02}:00")
    chosen(me, "09:00", "20:00", ["letter"], "2026-11-19T12:00")
    last = ContactAttempt.objects.order_by("at").last()
    assert (asked(), asked("?marked=yes")) == (few, few)
    assert few <= 7 and asked(f"?after={last.ref}") == few + 1


def test_staff_see_the_same_and_the_look_is_logged(client, me):
    held = bare(me, "AC1")
    contact(held, "2026-11-20T23:00")
    contact(bare(me, "AC2"), "2026-11-21T09:00")
    chosen(me, "10:00", "18:00", ["letter", "call"], "2026-11-19T12:00")
    handler = staff("complaint_handler")
    response = sign_in_as(handler).get("/staff/accounts/AC1/contacts/")
    said = text(response)
    assert marks(response) == [["Outside the hours the cardholder chose"],
                               ["Outside the permitted hours"]]  # fmt: skip
    assert "10:00–18:00" in said and "calls, letters" in said and "Complain" not in said
    assert "Test Person" not in said
    seen = StaffView.objects.get()
    assert (seen.page, seen.subject) == (
        "accounts:staff_contacts", f"accounts.cardholder:{me.cardholder.pk}",
    )  # fmt: skip
    assert sign_in_as(handler).get("/staff/accounts/NONE/contacts/").status_code == 404


# == choosing


def handed_over():
    return [
        (event.account_ref, outbox_files.resolved(event))
        for event in OutboxEvent.objects.filter(type="contact.changed").order_by("seq")
    ]


NEW = {"from": "10:00", "until": "18:30", "channels": ["app", "letter", "sms"]}
OLD = {"from": "08:00", "until": "22:00",
       "channels": ["app", "call", "email", "letter", "sms", "visit"]}  # fmt: skip


def test_a_choice_is_kept_told_to_the_bank_for_each_account_and_mailed_once(client, me):
    for ref in ("AC2", "AC1"):
        bare(me, ref)
    bare(me, "GONE", closed_by_feed=True)
    assert client.post(CHOICES, USUAL).url == PAGE  # what holds anyway
    assert "Nothing has changed" in text(client.get(PAGE))
    assert not ContactChoice.objects.exists() and not OutboxEvent.objects.exists()
    for _ in range(2):
        assert client.post(CHOICES, WISH).url == PAGE
    said = text(client.get(PAGE))
    assert "Saved on" in said and "10:00–18:30" in said
    assert "text messages, app messages, letters" in said
    row = ContactChoice.objects.get()
    assert sorted(row.channels) == NEW["channels"]
    told = {"what": "permitted", "old": None, "new": NEW}
    assert handed_over() == [("AC2", told), ("AC1", told)]
    assert "10:00" not in str(OutboxEvent.objects.values_list("data", flat=True))  # kept for good
    audited = AuditEvent.objects.get(verb="accounts.contact_choice")
    assert audited.data == {"old": None, "new": row.pk}
    notice = Notice.objects.get()
    assert notice.recipient == me.email and "was changed" in notice.subject
    assert "10:00" not in notice.body and PAGE in notice.body
    page = client.get(CHOICES).content.decode()
    assert '<option value="18:30" selected>' in page and "Back to the usual" in page
    assert client.post(CHOICES, USUAL).url == PAGE
    assert handed_over()[2:] == [(ref, {"what": "permitted", "old": NEW, "new": OLD})
                                 for ref in ("AC2", "AC1")]  # fmt: skip
    assert "Back to the usual" not in text(client.get(CHOICES))
    ContactChoice.objects.all().delete()  # a purge: the event says it has nothing any more
    assert handed_over()[2] == ("AC2", {"what": "permitted", "old": None, "new": None})


def test_the_night_needs_an_agreement_of_its_own(client, me):
    late = USUAL | {"latest": "24:00"}
    said = text(client.post(CHOICES, late), 422)
    assert "These times reach beyond 08:00 to 22:00." in said
    assert not ContactChoice.objects.exists()
    assert client.post(CHOICES, late | {"agreed": "on"}).status_code == 302
    assert "08:00–24:00" in text(client.get(PAGE))
    assert (
        "checked"
        in re.search(r'<input[^>]*name="agreed"[^>]*>', str(client.get(CHOICES).content))[0]
    )
    held = bare(me, "AC1")
    contact(held, "2099-01-01T23:30")
    contact(held, "2099-01-01T07:30")
    assert marks(client.get(PAGE)) == [[], ["Outside the permitted hours"]]


@pytest.mark.parametrize("law", ["us", "uk"])
def test_elsewhere_there_is_nothing_to_agree_to(client, me, settings, law):
    settings.JURISDICTION = law
    assert "I agree" not in text(client.get(CHOICES))
    late = client.post(CHOICES, USUAL | {"latest": "22:00", "agreed": "on"})
    assert late.status_code == (422 if law == "us" else 302)
    assert ("CN-" in text(client.get(PAGE))) is False
    held = bare(me, "AC1")
    for hour in range(10, 18):
        contact(held, f"2026-11-20T{hour}:00", by="AGENCY")
    contact(held, "2026-11-20T23:30")  # the bank's own
    wanted = [["Presumed to be too many calls"]] if law == "us" else []
    assert marks(client.get(f"{PAGE}?marked=yes")) == wanted


def test_in_the_united_states_a_call_soon_after_a_conversation_says_so(client, me, settings):
    """Also where the conversation is on another page of the list."""
    settings.JURISDICTION = "us"
    held = bare(me, "AC1")
    contact(held, "2026-11-14T10:00", by="A", outcome="Answered")
    later = contact(held, "2026-11-20T10:00", by="A")
    assert [mark.kind for mark in queries.marks_of([later])[later.pk]] == ["pause"]
    response = client.get(f"{PAGE}?marked=yes")
    assert marks(response) == [["Presumed to be too soon"]]
    said = text(response)
    assert "On 14 November 2026 there was a conversation with this agency" in said
    assert "For 7 days, that day included" in said and "US-02c: 12 CFR 1006.14(b)" in said


def test_an_agency_is_named_as_soon_as_any_account_tells_its_name(client, me):
    """Its own code is said plainly otherwise; another feed is read anew."""
    held = bare(me, "AC1", held_by="A", agency_name="Agency Now")
    contact(held, "2026-11-20T10:00", by="A")
    contact(held, "2026-11-19T10:00", by="EARLIER")
    contact(held, "2026-11-18T10:00", by="LOST")
    bare(cardholder(), "AC9", held_by="EARLIER", agency_name="Agency Before")
    agencies.NAMES.clear()
    said = text(client.get(PAGE))
    assert "By the agency Agency Now" in said and "By the agency Agency Before" in said
    assert "By an agency that the bank’s books name only by its code, LOST" in said
    bare(cardholder(), "AC8", held_by="LOST", agency_name="Agency Found")
    FeedLoad.objects.create(
        feed_id="F1", kind="full", institution="X", as_of=NOON, manifest_sha256="0",
        loaded_at=NOON, counts={},
    )  # fmt: skip
    assert "By the agency Agency Found" in text(client.get(PAGE))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("earliest", ""), ("earliest", "25:00"), ("earliest", "8:00"), ("earliest", "08:15"),
        ("earliest", "08:00\0"), ("earliest", "０８:００"), ("latest", "x" * 5000),
        ("latest", "10:00"), ("latest", "09:30"), ("latest", "-1"), ("latest", ["12:00", "08:00"]),
        ("channels", "fax"), ("channels", ["sms", "\0"]), ("channels", "letter"),
        ("channels", "<script>"),
    ],
)  # fmt: skip
def test_what_cannot_be_chosen_comes_back_with_the_rest_as_it_was(client, me, field, value):
    bare(me, "AC1")
    response = client.post(CHOICES, WISH | {field: value})
    said, page = text(response, 422), response.content.decode()
    assert "There is a problem" in said and "<script>" not in said
    if field != "latest":
        assert '<option value="18:30" selected>' in page
    if field != "channels":
        assert page.count("checked") == 2
    assert not ContactChoice.objects.exists() and not OutboxEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_tabs_at_once_make_one_choice_and_one_event():
    user = cardholder()
    bare(user, "AC1")
    wish = queries.usual(NOON.date())._replace(latest=time(20))

    def choose(_):
        return actions.choose(user.cardholder, wish, agreed=False, by=user, at=NOON)

    assert sum(made is not None for made in in_parallel(4, choose)) == 1
    assert ContactChoice.objects.count() == len(handed_over()) == 1


# == the address of the sign-in


def change(client):
    client.post("/account/email/", {"email": "new@example.com", "action_add": "1"})
    return client.post("/account/confirm-email/", {"code": mailed_code("email_confirmation")})


def test_a_new_address_of_the_sign_in_is_told_to_the_bank(client, me):
    bare(me, "AC1")
    old = me.email
    assert change(client).status_code == 302
    me.refresh_from_db()
    assert me.email == "new@example.com"
    assert handed_over() == [("AC1", {"what": "email", "old": old, "new": me.email})]
    event = OutboxEvent.objects.get()
    assert "@" not in str(event.data)  # sealed: the event is kept for good
    assert AuditEvent.objects.filter(verb="accounts.email_changed").count() == 1
    wiped = queries.for_bank(event.data | {"sealed": ""})
    assert wiped == {"what": "email", "old": None, "new": None}


def test_a_new_address_that_cannot_be_told_is_not_taken(client, me, monkeypatch):
    bare(me, "AC1")
    old = me.email

    def down(*args, **kwargs):
        raise RuntimeError("no outbox")

    monkeypatch.setattr(actions.outbox, "publish", down)
    with pytest.raises(RuntimeError):
        change(client)
    me.refresh_from_db()
    assert me.email == old
    assert EmailAddress.objects.get(user=me, primary=True).email == old
    assert not AuditEvent.objects.filter(verb="accounts.email_changed").exists()


def test_staff_are_not_in_the_banks_books():
    agent = staff("agent")
    actions.email_changed(agent, old="a@example.com", new="b@example.com", at=datetime.now(UTC))
    assert not OutboxEvent.objects.exists()


def test_who_waited_for_another_choice_is_the_newer_one(me):
    bare(me, "AC1")
    usual = queries.usual(NOON.date())
    facts = {"agreed": False, "by": me}
    actions.choose(me.cardholder, usual._replace(latest=time(20)), at=NOON, **facts)
    earlier = NOON - timedelta(milliseconds=5)
    actions.choose(me.cardholder, usual._replace(latest=time(18)), at=earlier, **facts)
    assert queries.person(me.cardholder).chosen.latest == time(18)
