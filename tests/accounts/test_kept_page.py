"""What is kept of the account page is shown again only while all that it is made of is the same."""

from datetime import date
from decimal import Decimal as D

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import now

from accounts import actions, queries
from accounts import held as one
from accounts.account_page import KEPT
from accounts.models import CardAccount, FeedLoad, Hold, OverdueRecord
from tests.accounts.books import account, post, report
from tests.people import cardholder, sign_in, staff

pytestmark = pytest.mark.django_db
PAGE = reverse("accounts:account", args=["AC0001"])
STAFF = reverse("accounts:staff_account", args=["AC0001"])
PART = {"HX-Request": "true", "HX-Target": "ledger"}


@pytest.fixture
def me():
    return cardholder()


@pytest.fixture
def held(me):
    made = account(me)
    report(made, "2026-10", disputed=True)
    return made


@pytest.fixture
def page(me, held):
    browser = sign_in(Client(), me)
    return lambda query="", **more: browser.get(PAGE + query, **more).content.decode()


def hold(held, reason="dispute", amount=D(5)):
    actions.place_hold(held, reason=reason, source="t:1", amount=amount, by=None, at=now())


def fed(held):
    post(held, "9", "2026-11-10", "purchase", 1, merchant="Newest shop")
    FeedLoad.objects.create(
        feed_id="F2", kind="delta", institution="B", as_of=held.as_of, manifest_sha256="0" * 64,
        loaded_at=now(), counts={},
    )  # fmt: skip


CHANGES = {
    "a feed": (fed, "Newest shop"),
    "a hold": (lambda held: hold(held, "plan", None), "has been stopped"),  # raises no version
    "the account": (lambda held: CardAccount.objects.update(status="frozen"), "stopped for new"),
}


@pytest.mark.parametrize(("change", "said"), CHANGES.values(), ids=CHANGES)
def test_what_changes_shows_at_once(held, page, change, said):
    assert said not in page()
    change(held)
    assert said in page()


def test_what_ends_is_gone_at_once(held, page):
    hold(held)
    assert "has been stopped" in page()
    actions.lift_hold("t:1", by=None, at=now())
    found = page()
    assert "has been stopped" not in found
    assert "Being disputed" in found
    OverdueRecord.objects.update(disputed=False)  # a mark that ends after its hold
    assert "Being disputed" not in page()


def plan(number, due):
    return queries.PlanFacts(number, "Active", D(900), date(2026, 11, 1), due, D(300), 3, D(900))


@pytest.mark.parametrize(
    ("source", "reason", "first", "then", "said"),
    [
        ("plan_facts", "plan", plan("P1", date(2026, 12, 1)), plan("P1", date(2027, 1, 1)),
         "1 January 2027"),
        ("disputed", "dispute", [], [queries.DisputedLine("posting", "AC0001-1", "D-7", "")],
         "In dispute: case D-7"),
        ("own_words", "plan", {}, {"2026-10": queries.OwnWords("I was <ill>.", now(), False)},
         "I was &lt;ill&gt;."),
        ("own_words", "plan", {"2026-10": queries.OwnWords("I was ill.", now(), False)},
         {"2026-10": queries.OwnWords("I was ill.", now(), True)}, "The bank has them"),
    ],
    ids=["a plan's day passes", "a case opens", "words", "words are sent"],
)  # fmt: skip
def test_what_the_rooms_above_say_shows_at_once(
    monkeypatch, held, page, source, reason, first, then, said
):
    """Nothing of the account's own changes here: the facts alone do."""
    hold(held, reason, None)

    def answers(found):
        by_account = {held.pk: found} if source == "plan_facts" else found
        monkeypatch.setattr(queries, source, lambda *_, **__: by_account)

    monkeypatch.setattr(queries, "plan_facts", lambda *_, **__: {})
    answers(first)
    assert said not in page()
    answers(then)
    assert said in page()


def test_languages_filters_parts_and_readers_are_kept_apart(held, page):
    page(headers=PART)
    assert "<html" in page()
    assert "Example Grocery" not in page("?kinds=charges&period=all")
    assert "Example Grocery" in page("?period=all")
    assert "Query this" in page(headers=PART)
    desk = sign_in(Client(), staff())
    seen = desk.get(STAFF, headers=PART).content.decode()
    assert "Query this" not in seen
    assert reverse("accounts:staff_posting", args=["AC0001", "AC0001-2"]) in seen
    assert "How we worked it out" not in page(headers={"Accept-Language": "zh-hans"})


def test_the_ledger_is_read_once(held, page):
    page()
    with CaptureQueriesContext(connection) as asked:
        page()
    for table in ("accounts_posting", "accounts_statement", '"accounts_overduerecord"."period"'):
        assert not any(table in query["sql"] for query in asked)


def test_nothing_of_the_session_or_the_person_is_kept(me, held, page):
    token = page().split('"X-CSRFToken": "')[1].split('"')[0]
    desk = sign_in(Client(), staff())
    desk.get(STAFF)
    kept = [text for _, _, text in KEPT._texts.values()]
    assert len(kept) == 3
    for never in (token, "csrf", me.email, me.cardholder.person.full_name, "T****"):
        assert not any(never in text for text in kept)


def test_one_query_reads_the_account_and_its_holds_as_django_would(
    me, held, django_assert_num_queries
):
    hold(held)
    actions.lift_hold("t:1", by=None, at=now())
    actions.place_hold(held, reason="plan", source="t:2", amount=None, by=None, at=now())
    one.own(me, held.ref)
    with django_assert_num_queries(1):
        found = one.own(me, held.ref)
    assert vars(found.account).keys() == vars(CardAccount.objects.get()).keys()
    for field in CardAccount._meta.concrete_fields:
        same = CardAccount.objects.values_list(field.attname, flat=True).get()
        assert getattr(found.account, field.attname) == same
    assert found.holds == list(Hold.objects.order_by("from_at").values_list(*one.HOLD))
    assert [each.source for each in found.live] == ["t:2"]
