"""The cardholder's pages: ask for a document and watch it being made."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import now

from accounts.evidence import actions, queries
from accounts.models import EvidenceRequest
from tests.accounts.books import account
from tests.people import cardholder, sign_in

HX = {"HX-Request": "true"}
ROWS = EvidenceRequest.objects


def url(name, *args):
    return reverse(f"accounts:evidence{name}", args=args)


@pytest.fixture
def me(client, scene):
    return sign_in(client, scene.holder)


def text(response):
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def ask(me, scene, **changes):
    data = {
        "kind": "repayments", "preset": "all", "purpose": "court", "languages": ["en"],
        "from_on": "", "until_on": "",
    } | changes  # fmt: skip
    return me.post(url("_ask", scene.account.ref), data)


# == asking


def test_with_nothing_asked_for_the_page_says_what_there_is(me):
    said = text(me.get(url("")))
    assert "settlement certificate" in said and "anyone can check" in said
    assert url("_new") in me.get(url("")).content.decode()


def test_with_one_account_the_form_comes_at_once(me, scene):
    assert me.get(url("_new")).url == url("_ask", scene.account.ref)


def test_with_several_accounts_one_is_chosen_first(me, scene):
    account(scene.holder, "AC0002")
    page = me.get(url("_new")).content.decode()
    assert url("_ask", scene.account.ref) in page and url("_ask", "AC0002") in page


def test_without_an_account_the_page_says_so(client, db):
    page = sign_in(client, cardholder()).get(url("_new"))
    assert "no account to show" in text(page)


def test_asking_ends_at_the_reference_number(me, scene):
    response = ask(me, scene, with_records="on")
    asked = ROWS.get()
    assert response.url == url("_request", asked.number)
    assert (asked.purpose, asked.languages, asked.with_records) == ("court", ["en"], True)
    assert asked.from_on.isoformat() == "2026-09-01" and asked.until_on == scene.account.as_of
    said = text(me.get(response.url))
    assert asked.number in said and "We have your request" in said
    assert "For a court or an arbitrator" in said


def test_the_form_sent_twice_is_one_request(me, scene):
    assert ask(me, scene).url == ask(me, scene).url
    assert ROWS.count() == 1


def test_own_days_are_taken_as_typed(me, scene):
    ask(me, scene, preset="own", from_on="2026-09-02", until_on="2026年9月4日")
    asked = ROWS.get()
    assert (asked.from_on.isoformat(), asked.until_on.isoformat()) == ("2026-09-02", "2026-09-04")


def test_days_typed_beside_a_preset_do_not_matter(me, scene):
    assert ask(me, scene, from_on="nonsense", until_on="1999-01-01").status_code == 302
    assert ROWS.get().from_on.isoformat() == "2026-09-01"


def test_a_kind_without_a_period_keeps_none(me, scene):
    ask(me, scene, kind="holder", with_records="on", preset="own")
    asked = ROWS.get()
    assert (asked.from_on, asked.until_on, asked.with_records) == (None, None, False)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"kind": ""}, "required"),
        ({"kind": "ZZZ"}, "Select a valid choice"),
        ({"kind": "settlement"}, "not settled yet"),
        ({"kind": "agreements"}, "No agreement has been signed"),
        ({"preset": "ZZZ"}, "Select a valid choice"),
        ({"preset": "last_year"}, "2026"),
        ({"preset": "own"}, "Fill in this day"),
        ({"preset": "own", "from_on": "2026-09-02"}, "Fill in this day"),
        ({"preset": "own", "from_on": "2026-09-04", "until_on": "2026-09-02"}, "must not be after"),
        ({"preset": "own", "from_on": "2019-01-01", "until_on": "2026-09-02"}, "Choose a date"),
        ({"preset": "own", "from_on": "2026-09-04", "until_on": "2199-01-01"}, "Choose a date"),
        ({"purpose": ""}, "required"),
        ({"languages": []}, "at least one language"),
        ({"languages": ["fr"]}, "Select a valid choice"),
    ],
)
def test_bad_answers_are_named_and_nothing_is_kept(me, scene, changes, says):
    response = ask(me, scene, **changes)
    assert response.status_code == 422 and says in response.content.decode()
    assert not ROWS.exists()


def test_what_is_not_possible_now_says_why_beside_it(me, scene):
    page = me.get(url("_ask", scene.account.ref)).content.decode()
    assert page.count("Not possible now") == 2
    assert re.search(r'<input[^>]*value="settlement"[^>]*disabled', page)
    assert "¥8,100.00 is still open" in page
    assert re.search(r'<input[^>]*value="repayments"[^>]*checked', page)
    assert re.search(r'<input[^>]*value="en"[^>]*checked', page)  # the reader's own language
    assert not re.search(r'<input[^>]*value="zh-hans"[^>]*checked', page)


def test_above_the_limit_the_form_says_so_and_keeps_the_answers(me, scene):
    for purpose in ("own", "bank", "other"):
        scene.asked(purpose=purpose)
    response = ask(me, scene)
    assert response.status_code == 422 and "being prepared for you" in response.content.decode()
    assert re.search(r'value="court" selected', response.content.decode())


# == watching


def test_the_page_asks_again_every_two_seconds_and_works_without(me, scene):
    asked = scene.asked()
    page = me.get(url("_request", asked.number)).content.decode()
    assert 'hx-trigger="every 2s"' in page and 'aria-live="polite"' in page
    assert f'href="{url("_request", asked.number)}"' in page and "Look again" in page


def seen(response):
    return re.search(r'hx-get="([^"]+)"', response.content.decode())[1]


def test_while_nothing_is_new_nothing_is_swapped(me, scene):
    asked = scene.asked()
    page = me.get(url("_request", asked.number))
    poll = seen(page)
    assert me.get(poll, headers=HX).status_code == 204
    claimed = actions.claim(asked.pk, at=now())
    part = me.get(poll, headers=HX)
    assert part.status_code == 200 and seen(part) != poll
    actions.note_stage(claimed, "drawing")
    part = me.get(seen(part), headers=HX).content.decode()
    assert re.search(r'class="now">We write the document and seal it', part)


def test_the_part_stands_as_it_is_in_the_page(me, scene):
    asked = scene.asked()
    whole = me.get(url("_request", asked.number)).content.decode()
    part = me.get(url("_request", asked.number) + "?seen=old", headers=HX).content.decode()
    assert "<html" not in part and part.strip() in whole


@pytest.mark.parametrize("state", ["ready", "failed", "declined"])
def test_when_it_is_done_the_page_asks_no_more(me, scene, state):
    asked = getattr(scene, state)()
    page = me.get(url("_request", asked.number))
    assert "hx-get" not in page.content.decode()


def test_who_waits_long_is_told_so_and_not_asked_for_again(me, scene):
    asked = scene.asked(at=now() - queries.PATIENCE - timedelta(seconds=1))
    page = me.get(url("_request", asked.number))
    assert "longer than usual" in text(page) and "hx-get" not in page.content.decode()
    poll = url("_request", asked.number) + "?seen=requested..0"
    assert "longer than usual" in text(me.get(poll, headers=HX))


def test_what_is_held_back_says_what_happens_and_whom_to_call(me, scene):
    asked = scene.failed()
    said = text(me.get(url("_request", asked.number)))
    assert "A colleague is looking at it" in said and "You have done nothing wrong" in said
    assert "400-000-0000" in said and "EV-1" not in said and "0.01" not in said


def test_going_back_in_history_gets_the_whole_page(me, scene):
    headers = {**HX, "HX-History-Restore-Request": "true"}
    page = me.get(url("_request", scene.asked().number), headers=headers)
    assert "<html" in page.content.decode()


def test_the_form_reads_the_ledger_once(me, scene):
    with CaptureQueriesContext(connection) as queries_made:
        me.get(url("_ask", scene.account.ref))
    sent = [query["sql"] for query in queries_made]
    for table in ("accounts_posting", "accounts_statement"):
        assert len([sql for sql in sent if f'FROM "{table}"' in sql]) == 1
