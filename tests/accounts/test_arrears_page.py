"""What I owe, why, and how to pay it: the pages of cardholders and the staff's look at them."""

import re
from datetime import UTC, datetime
from decimal import Decimal as D

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import now

from accounts import actions
from accounts.account_page import KEPT
from accounts.models import Cardholder, Hold
from portal.records.models import StaffView
from tests.accounts.books import account, post, report
from tests.people import cardholder, sign_in, staff

pytestmark = pytest.mark.django_db
OVERVIEW = reverse("accounts:arrears")
READERS = ["agent", "complaint_handler", "supervisor", "auditor"]
ENGINE_ROOM = ("portal_cache", "django_session", "usersessions", "SAVEPOINT")


def url(name, ref="AC0001"):
    return reverse(f"accounts:{name}", args=[ref])


@pytest.fixture
def me(client):
    user = cardholder()
    sign_in(client, user)
    return user


@pytest.fixture
def english(client):
    client.cookies["django_language"] = "en"


def text(response):
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def h1(response):
    return re.search(r"<h1[^>]*>\s*(.*?)\s*</h1>", response.content.decode(), re.DOTALL)[1]


@pytest.mark.usefixtures("english")
class TestOverview:
    def test_the_heading_states_the_overdue_sum(self, client, me):
        account(me)
        page = client.get(OVERVIEW)
        assert h1(page) == "You are ¥1,600.00 behind"
        said = text(page)
        assert "part of the whole balance of ¥8,100.00" in said
        assert "20 November 2026" in said  # as of when
        assert "25 September 2026 (56 days)" in said
        assert "2 minimum payments in a row" in said
        assert "Interest in it: ¥100.00" in said
        assert "18.25% a year" in said
        assert "¥2,400.00, due by 25 November 2026" in said
        assert "If you have paid since 20 November 2026, it is on its way" in said
        assert "may report this month" in said
        for name in ("pay", "account"):
            assert url(name) in page.content.decode()
        assert reverse("plans:start", args=["AC0001"]) in page.content.decode()
        assert reverse("help") in page.content.decode()

    def test_several_currencies_are_never_added_up(self, client, me):
        account(me)
        account(me, "AC0002", currency="JPY")
        account(me, "AC0003", currency="CNY")
        page = client.get(OVERVIEW)
        assert h1(page) == "You are ¥3,200.00 + JP¥1,600 behind"
        assert "we do not add them up" in text(page)

    def test_nobody_without_an_account_is_left_alone(self, client, me):
        assert "no account to show" in h1(client.get(OVERVIEW))

    def test_a_strangers_account_does_not_show(self, client, me):
        account(cardholder(), "AC0009")
        assert "AC0009" not in client.get(OVERVIEW).content.decode()

    def test_on_a_plan_the_plan_is_shown_not_asked_for(self, client, me):
        held = account(me)
        actions.place_hold(held, reason="plan", source="t:1", amount=None, by=None, at=now())
        page = client.get(OVERVIEW)
        assert reverse("plans:start", args=["AC0001"]) not in page.content.decode()
        assert "See your plan" in text(page)
        assert "may report" not in text(page)


def in_credit(held):
    post(held, "9", "2026-11-10", "repayment", -8200)


def paid_up(held):
    post(held, "9", "2026-11-10", "repayment", -1600)


CASES = [
    ("credit", {}, in_credit, "Nothing is overdue", "¥100.00 in your favour"),
    ("paid", {}, paid_up, "Nothing is overdue", "Whole balance ¥6,500.00"),
    ("new", {"statements": 0}, None, "Nothing is overdue", "No statement has been made"),
    ("closed", {"status": "closed"}, None, "You are ¥1,600.00 behind", "account is closed"),
    ("gone", {"closed_by_feed": True}, None, "You are ¥1,600.00 behind", "no longer lists"),
    ("off", {"status": "written_off"}, None, "You are ¥1,600.00 behind", "written this account"),
    ("frozen", {"status": "frozen"}, None, "You are ¥1,600.00 behind", "stopped for new"),
    (
        "agency", {"held_by": "AG1", "agency_name": "Fictional Collections"}, None,
        "You are ¥1,600.00 behind", "Fictional Collections looks after",
    ),
    ("yen", {"currency": "JPY"}, None, "You are JP¥1,600 behind", "JP¥8,100"),
]  # fmt: skip


@pytest.mark.usefixtures("english")
class TestAccount:
    @pytest.mark.parametrize(
        ("facts", "then", "heading", "said"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
    )
    def test_every_kind_of_account_reads_right(self, client, me, facts, then, heading, said):
        held = account(me, **facts)
        if then:
            then(held)
        for address in (url("account"), OVERVIEW):
            page = client.get(address)
            assert h1(page) == heading
            assert said in text(page)
        assert client.get(url("pay")).status_code == 200

    def test_the_ledger_and_the_records_are_there(self, client, me):
        held = account(me)
        report(held, "2026-10", disputed=True)
        said = text(client.get(url("account")))
        assert "Example Grocery" in said
        assert "Statement of 5 Nov 2026" in said
        assert "October 2026 Reported on 31 Oct 2026" in said
        assert "Being disputed" in said

    @pytest.mark.parametrize(
        ("reason", "amount", "words"),
        [
            ("plan", None, "Collection on this account has been stopped"),
            ("dispute", D("12.50"), "Collection of ¥12.50 has been stopped"),
        ],
    )
    def test_holds_are_said_in_words(self, client, me, reason, amount, words):
        actions.place_hold(
            account(me), reason=reason, source="t:1", amount=amount, by=None, at=now()
        )
        page = client.get(url("account"))
        assert words in text(page)
        note = page.content.decode().split(words)[1].split("</p>")[0]
        assert (reverse("plans:index") in note) == (reason == "plan")

    def test_days_on_hold_are_said_not_to_count(self, client, me):
        Hold.objects.create(
            account=account(me), reason="dispute", source="t:9", amount=None,
            from_at=datetime(2026, 10, 1, tzinfo=UTC), until_at=datetime(2026, 10, 11, tzinfo=UTC),
        )  # fmt: skip
        for address in (url("account"), OVERVIEW):
            said = text(client.get(address))
            assert re.search(r"\(56 days\) 1\d of these days were on hold and are not", said)
        viewer = sign_in(Client(), staff())
        said = text(viewer.get(url("staff_account")))
        assert re.search(r"M2 · 56 days 4\d of them count for the step of delay, because", said)

    def test_every_figure_leads_to_how_it_came_about(self, client, me):
        held = account(me)
        post(held, "3/a b", "2026-11-10", "repayment", -300)
        sums, ways = url("sums"), ("overdue", "interest", "minimum", "balance")
        found = client.get(url("account")).content.decode()
        for way in ways:
            assert f'href="{sums}#{way}"' in found
        posting = reverse("accounts:posting", args=["AC0001", "AC0001-3/a b"])
        assert posting.endswith("AC0001-3/a%20b/") and client.get(posting).status_code == 200
        assert "?line=posting:AC0001-3%2Fa%20b" in found
        assert f'href="{posting}" hx-get="{posting}"' in found
        for name in ("months", "account"):
            assert f'"{url(name)}"' in found
        assert f'href="{reverse("accounts:contacts")}"' in found
        bought = reverse("accounts:posting", args=["AC0001", "AC0001-1"])
        assert bought not in found

    @pytest.mark.parametrize("query", ["", "?kinds=repayments", "?period=all&kinds=charges"])
    def test_the_fragment_is_the_pages_own_part(self, client, me, query):
        post(account(me), "3", "2026-11-10", "repayment", -300)
        whole = client.get(url("account") + query).content.decode()
        swapped = client.get(
            url("account") + query, headers={"HX-Request": "true", "HX-Target": "ledger"}
        ).content.decode()
        assert swapped.strip().startswith('<div id="ledger" ')
        assert swapped.strip() in whole

    @pytest.mark.parametrize(
        "query",
        ["?kinds=x", "?period=-1", "?kinds=&period=", "?kinds[]=a&period=%F0", "?period=9e9"],
    )
    def test_a_filter_that_makes_no_sense_is_the_usual_one(self, client, me, query):
        account(me)
        assert "Example Grocery" in text(client.get(url("account") + query))

    def test_nothing_found_is_said(self, client, me):
        account(me)
        said = text(client.get(url("account") + "?kinds=repayments"))
        assert "no movement of this kind" in said


@pytest.mark.usefixtures("english")
class TestPay:
    def test_the_transfer_details_and_the_sums(self, client, me, settings):
        account(me)
        page = client.get(url("pay"))
        for detail in ("payee", "payee_account", "payee_bank"):
            assert f'data-copy="{settings.BANK[detail]}"' in page.content.decode()
        assert 'data-copy="AC0001"' in page.content.decode()
        for plain in ("1600.00", "2400.00", "8100.00"):
            assert f'data-copy="{plain}"' in page.content.decode()
        assert "<svg" in page.content.decode()
        assert "if you have paid since then" in text(page)

    def test_yen_are_copied_whole(self, client, me):
        account(me, currency="JPY")
        assert 'data-copy="1600"' in client.get(url("pay")).content.decode()

    def test_with_nothing_owed_nothing_is_asked_for(self, client, me):
        in_credit(account(me))
        page = client.get(url("pay"))
        assert h1(page) == "There is nothing to pay"
        assert "data-copy" not in page.content.decode()


class TestAccess:
    @pytest.mark.parametrize("name", ["account", "pay"])
    def test_another_cardholders_account_is_not_found(self, client, me, name):
        account(cardholder())
        assert client.get(url(name)).status_code == 404
        assert client.get(url(name, "nothing")).status_code == 404

    @pytest.mark.parametrize("address", [OVERVIEW, url("account"), url("pay")])
    def test_strangers_sign_in_first_and_come_back(self, client, address):
        response = client.get(address)
        assert response.status_code == 302
        assert response.url.endswith(f"?next={address}")

    @pytest.mark.parametrize("address", [OVERVIEW, url("account"), url("pay")])
    def test_staff_have_pages_of_their_own(self, client, address):
        account(cardholder())
        assert sign_in(client, staff()).get(address).status_code == 403

    @pytest.mark.parametrize(
        "address", [OVERVIEW, url("account"), url("pay"), url("staff_account")]
    )
    def test_nothing_can_be_posted(self, client, me, address):
        assert client.post(address).status_code == 405


@pytest.mark.usefixtures("english")
class TestStaff:
    @pytest.mark.parametrize("role", READERS)
    def test_staff_see_the_account_with_masked_facts_and_it_is_logged(self, client, role):
        owner = cardholder(
            full_name="Someone Fictitious", id_number="X1234567", mobile="+15550100123",
            email="someone@example.com",
        )  # fmt: skip
        account(owner)
        viewer = staff(role)
        page = sign_in(client, viewer).get(url("staff_account"))
        said = text(page)
        assert "You are ¥1,600.00 behind" in said
        assert "S**** · X1****67" in said
        for fact in ("Fictitious", "X1234567", "5550100123", "someone@"):
            assert fact not in page.content.decode()
        view = StaffView.objects.get()
        holder = Cardholder.objects.get(user=owner)
        assert (view.actor, view.subject, view.page) == (
            f"user:{viewer.pk}", f"accounts.cardholder:{holder.pk}", "accounts:staff_account",
        )  # fmt: skip

    def test_cardholders_do_not_see_it(self, client, me):
        account(me)
        assert client.get(url("staff_account")).status_code == 403
        assert not StaffView.objects.exists()

    def test_an_unknown_account_is_not_found(self, client):
        assert sign_in(client, staff()).get(url("staff_account")).status_code == 404


def asked(client, address):
    """Return the different statements of one page, less those that keep the session."""
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    statements = {query["sql"] for query in found}
    return [sql for sql in statements if not any(part in sql for part in ENGINE_ROOM)]


@pytest.mark.parametrize("name", ["account", "pay"])
def test_a_page_of_one_account_takes_few_queries(client, me, name):
    """The user and five of the page's own, however long the ledger; three when it was just seen."""
    held = account(me)
    for i in range(30):
        post(held, f"p{i}", "2026-11-10", "purchase", 1)
        report(held, f"20{10 + i // 12}-{i % 12 + 1:02}")
    client.get(url(name))
    KEPT.clear()
    statements = asked(client, url(name))
    assert len(statements) <= 6, "\n".join(statements)
    if name == "account":
        assert len(asked(client, url(name))) <= 3


def test_the_overview_takes_as_many_queries_for_one_account_as_for_five(client, me):
    account(me)
    client.get(OVERVIEW)
    one = len(asked(client, OVERVIEW))
    for i in range(4):
        account(me, f"MORE{i}")
    assert len(asked(client, OVERVIEW)) == one
