"""Paragraphs for letters: fields from a list, and another wording only with two people."""

from datetime import date
from decimal import Decimal

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.timezone import now

from disputes import wording
from disputes.actions.wording import approve, newest, write
from disputes.house_texts import DEFAULTS
from disputes.models import FormLetter
from portal.kit.errors import Refused, Stale
from portal.records.models import AuditEvent
from tests.disputes import scene
from tests.people import sign_in, staff

BODY = "Hello {name}, about {number}."


def written(by, body=BODY, *, after=0, title="Closing"):
    return write("closing", "en", title=title, body=body, after=after, by=by, at=now())


@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES])
@pytest.mark.parametrize("key", wording.KEYS)
def test_every_text_we_bring_is_whole_in_every_language(key, language):
    title, body = DEFAULTS[key][language]
    made = wording.fill(body, wording.made_up(language, on=date(2026, 11, 22)))
    assert title and made and not wording.BRACES.search(made)
    assert "debtor" not in body and "delinquent" not in body
    used = {
        field for code in DEFAULTS[key] for field in wording.FIELD.findall(DEFAULTS[key][code][1])
    }
    assert set(wording.FIELD.findall(body)) == used, "one language says more than the other"
    if language == "zh-hans":
        assert "你" not in body and not set(",;!?") & set(body)


@pytest.mark.parametrize(
    ("body", "rule", "named"),
    [
        ("Dear {nmae}", "WORD-1", "nmae"),
        ("Dear {}", "WORD-1", "{}"),
        ("Dear {name.full}", "WORD-1", "name.full"),
        ("Dear {name!r}", "WORD-1", "name!r"),
        ("Dear {name", "WORD-2", "Dear {name"),
        ("Dear name}", "WORD-2", "Dear name}"),
        ("Dear {{name}}", "WORD-2", "Dear {{name}}"),
        ("您好｛name｝", "WORD-2", "｛"),
    ],
)
def test_a_field_not_in_the_list_or_a_stray_brace_is_named(body, rule, named):
    with pytest.raises(Refused) as no:
        wording.check(body)
    assert no.value.rule == rule and named in str(no.value)


def test_what_a_field_holds_is_not_looked_at_again():
    facts = wording.made_up("en", on=date(2026, 11, 22)) | {"name": "A {number} B"}
    assert wording.fill("{name}|{number}", facts) == "A {number} B|DP-EXAMPLE0"


@pytest.fixture
def case(db):
    made = scene.Scene.made()
    case = scene.case(made.account, "in_review", taken_by=made.handler)
    scene.line(case, "posting", "P1", text="LATE FEE", amount="35.00")
    return case


def test_a_paragraph_is_filled_from_the_case_in_the_language_of_the_letter(case):
    en = wording.filled("error_corrected", "en", case)
    assert "· 1 September 2026 LATE FEE ¥35.00" in en
    assert "2026年9月1日" in wording.filled("error_corrected", "zh-hans", case)
    greeting = wording.filled("greeting", "en", case)
    assert case.account.cardholder.person.full_name in greeting and case.number in greeting
    assert "¥35.00" in wording.filled("fee_refunded", "en", case)  # asked for
    assert "¥12.00" in wording.filled("fee_refunded", "en", case, credit=Decimal("12.00"))


def test_another_version_is_used_once_a_second_person_approves_it(db, django_assert_num_queries):
    writer, other = staff("complaint_handler"), staff("supervisor")
    row = written(writer, title="The end")
    assert wording.text("closing", "en") == DEFAULTS["closing"]["en"][1]
    with pytest.raises(Refused, match="Someone else"):
        approve(row, by=writer, at=now())
    approve(row, by=other, at=now())
    assert wording.text("closing", "en") == BODY
    assert wording.text("closing", "zh-hans") == DEFAULTS["closing"]["zh-hans"][1]
    with django_assert_num_queries(1):
        assert ("closing", "The end") in wording.choices("en")
    with pytest.raises(Stale):
        approve(row, by=other, at=now())
    verbs = list(AuditEvent.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs[-2:] == ["disputes.wording_written", "disputes.wording_approved"]
    assert BODY not in str(list(AuditEvent.objects.values_list("data", flat=True)))


def test_the_database_too_refuses_that_one_person_does_both(db):
    row = written(staff("supervisor"))
    with pytest.raises(IntegrityError), transaction.atomic():
        FormLetter.objects.filter(pk=row.pk).update(approved_by=row.made_by)


def test_a_version_that_was_followed_by_another_waits_no_more(db):
    writer, other = staff("complaint_handler"), staff("supervisor")
    first = written(writer)
    written(writer, "Another.", after=1)
    with pytest.raises(Stale):
        approve(first, by=other, at=now())
    with pytest.raises(Stale):
        written(writer, "Late.", after=1)
    with pytest.raises(Refused, match="Nothing has changed"):
        written(writer, "Another.", after=2)
    assert newest("closing", "en").version == 2


def test_two_who_write_at_once_keep_one_version(db, monkeypatch):
    writer = staff("complaint_handler")
    written(writer)
    monkeypatch.setattr("disputes.actions.wording.newest", lambda *_: None)  # read before it
    with pytest.raises(Stale):
        written(writer, "Second.")
    assert FormLetter.objects.count() == 1


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("a fine day", "a day", [("same", "a "), ("out", "fine "), ("same", "day")]),
        ("您好", "您们好", [("same", "您"), ("in", "们"), ("same", "好")]),
        ("to {name}", "to {bank}", [("same", "to "), ("out", "{name}"), ("in", "{bank}")]),
    ],
)
def test_what_changes_is_shown_piece_by_piece(old, new, found):
    assert wording.changes(old, new) == found


@pytest.fixture
def sending(client, db):
    sign_in(client, staff("complaint_handler"))
    address = reverse("disputes:edit_wording", args=["closing", "en"])
    return lambda query="", **posted: client.post(
        address + query, {"title": "Closing", "body": BODY, "after": 0, **posted}
    )


def test_a_preview_keeps_nothing(sending):
    shown = sending("?preview=1")
    assert "DP-EXAMPLE0" in shown.content.decode() and shown.status_code == 200
    wrong = sending("?preview=1", body="{nmae}")
    assert "no field {nmae}" in wrong.content.decode()
    assert not FormLetter.objects.exists()


def test_the_page_keeps_a_version_and_a_supervisor_approves_what_is_shown(sending, client):
    assert sending(body="{nmae}").status_code == 422
    assert sending().status_code == 302
    late = sending(body="Other.")
    assert late.status_code == 422 and "another version meanwhile" in late.content.decode()
    client.logout()
    sign_in(client, staff("supervisor"))
    address = reverse("disputes:edit_wording", args=["closing", "en"])
    assert "waits for approval" in client.get(address).content.decode()
    approving = reverse("disputes:approve_wording", args=["closing", "en"])
    assert client.post(approving, {"version": "9"}).status_code == 404
    client.post(approving, {"version": "1"})
    assert wording.text("closing", "en") == BODY
    assert "version 1" in client.get(reverse("disputes:wording")).content.decode()
