"""Each figure opened: a movement worked out, the sums that are due, and the way to a dispute."""

import re
from datetime import date
from decimal import Decimal as D

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import now

from accounts import actions
from accounts.models import CardAccount
from disputes.models import Dispute
from portal.kit.exact import exact, percent
from portal.records.models import StaffView
from tests.accounts.books import account, post, report
from tests.disputes.scene import case, line
from tests.people import cardholder, sign_in, staff

HOSTILE = "<b>Rogue</b> & {{7*7}}"
ENGINE_ROOM = ("portal_cache", "django_session", "usersessions", "SAVEPOINT")


@pytest.mark.parametrize(
    ("amount", "currency", "most", "said"),
    [
        ("119.00", "CNY", 10, "¥119.00"),
        ("21.84350", "CNY", 10, "¥21.8435"),
        ("-1234.5", "CNY", 10, "−¥1,234.50"),
        ("333.33333333", "CNY", 4, "¥333.3333…"),
        ("3120.505", "JPY", 10, "JP¥3,120.505"),
        ("0.0001", "CNY", 2, "¥0.00…"),
    ],
)
def test_an_amount_before_rounding_keeps_its_places(amount, currency, most, said):
    assert exact(D(amount), currency, most=most) == said


def test_a_rate_keeps_its_places():
    assert [percent(D(rate)) for rate in ("0.0005", "0.00049315", "0.1825", "1")] == [
        "0.05%", "0.049315%", "18.25%", "100%",
    ]  # fmt: skip


@pytest.fixture
def user():
    return cardholder()


@pytest.fixture
def me(client, user):
    return sign_in(client, user)


@pytest.fixture
def held(user):
    """Bills of 5 Sep, 5 Oct and 5 Nov; 0.05% a day of what is unpaid. The bank took 1.00 more."""
    held = account(user)
    post(held, "F", "2026-09-26", "late_fee", 40)
    post(held, "P", "2026-10-01", "repayment", -1000)
    post(held, "I", "2026-10-05", "interest", 120)
    post(held, "A/ 1", "2026-10-20", "annual_fee", 200, description=HOSTILE)
    post(held, "W", "2026-10-21", "waiver", -20, reverses="AC0001-F")
    return held


def url(ref, name="posting"):
    return reverse(f"accounts:{name}", args=["AC0001", f"AC0001-{ref}"])


def text(response):
    assert response.status_code == 200
    return plain(response.content.decode())


def plain(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


KINDS = {
    "1": ["A purchase with the card.", "on the bill of 5 September 2026", "Example Grocery"],
    "I": [
        "18.25% a year (simple interest), that is 0.05% a day.",
        "Bears interest ¥8,100.00",
        "6 Sep 2026 to 30 Sep 2026, 25 days ¥8,100.00 × 0.05% × 25 ¥101.25",
        "1 Oct 2026 to 5 Oct 2026, 5 days ¥7,100.00 × 0.05% × 5 after a payment of ¥1,000.00 "
        "¥17.75",
        "Together, not rounded yet ¥119.00",
        "The bank charged ¥120.00 Less our figure",
        "What the bank charged, less our figure ¥1.00",
        "That is ¥1.00 more than our sums give, which is ¥119.00.",
        "Ask the bank to look into it",
        "Rule: ACC-13, CN-ACC-07",
    ],
    "2": ["It goes back to a bill older than the first one we hold here"],
    "F": [
        "5% of what was missing of the minimum payment",
        "Minimum of the bill of 5 Sep 2026, due by 25 Sep 2026 ¥800.00 Missing ¥800.00",
        "¥800.00 × 5% = ¥40.00, rounded once to the nearest ¥0.01",
        "Taken back: Waiver of 21 Oct 2026 −¥20.00",
        "In all, the bank charged ¥20.00. That is ¥20.00 less than our sums give",
    ],
    "P": [
        "the account was 6 days past due. Up to day 90, a payment pays interest and charges first",
        "Interest ¥100.00 Late payment charges ¥40.00 Principal ¥860.00 The whole of it ¥1,000.00",
        "towards the minimum of the bill of 5 September 2026",
        "CN-ACC-01",
    ],
    "A/ 1": ["This is a fixed fee", "No interest is counted on a fee."],
    "W": ["It belongs to: Late payment charge of 26 Sep 2026", "It corrects a charge"],
}


@pytest.mark.django_db
def test_every_movement_is_worked_out_and_the_part_alone_is_the_same(me, held):
    for ref, said in KINDS.items():
        page = me.get(url(ref))
        for part in said:
            assert part in text(page), ref
        part = me.get(url(ref), headers={"HX-Request": "true"})
        alone = text(part).removesuffix(" Open it on a page of its own")
        assert alone in text(page) and "<h1" not in text_of(part)
        assert re.match(r'\s*<tr role="row"><td role="cell" colspan="3">', text_of(part))
        assert f'href="{url(ref)}"' in text_of(part)
        assert ' id="' not in text_of(part)  # several may stand in one ledger
        assert "HX-Request" in page.headers["Vary"]
    assert HOSTILE not in me.get(url("A/ 1")).content.decode()
    with CaptureQueriesContext(
        connection,
    ) as seen:
        me.get(url("I"))
    asked = [q["sql"] for q in seen if not any(name in q["sql"] for name in ENGINE_ROOM)]
    assert len(asked) <= 8, asked


@pytest.mark.django_db
def test_a_charge_taken_back_whole_is_no_matter_for_a_dispute(me, held):
    post(held, "V", "2026-10-22", "reversal", -120, reverses="AC0001-I")
    post(held, "X", "2026-10-23", "reversal", -200, reverses="AC0001-A/ 1")
    for ref in ("I", "A/ 1"):
        page = me.get(url(ref))
        assert "The bank has taken this charge back. Nothing of it is left to pay." in text(page)
        assert "disputes/new/AC0001" not in text_of(page)


@pytest.mark.django_db
@pytest.mark.parametrize("law", ["us", "uk"])
def test_rules_of_another_law_are_not_named(me, held, settings, law):
    settings.JURISDICTION = law
    assert "Rule: ACC-13 " in text(me.get(url("I")))
    assert "CN-" not in text(me.get(reverse("accounts:sums", args=["AC0001"])))


@pytest.mark.django_db
def test_the_days_that_decided_the_order_are_said(me, held):
    post(held, "L", "2027-01-10", "repayment", -1700)
    post(held, "Z", "2027-01-12", "reversal", 1700, reverses="AC0001-L")
    CardAccount.objects.update(as_of="2027-01-31")
    assert "77 days past due" in (said := text(me.get(url("L"))))
    assert "¥1,700.00 of it came back later and counts as never paid." in said
    assert "A payment came to nothing" in (back := text(me.get(url("Z"))))
    assert "It belongs to: Repayment of 10 Jan 2027" in back
    post(held, "M", "2027-02-20", "repayment", -100)
    CardAccount.objects.update(as_of="2027-02-28")
    said = text(me.get(url("M")))
    assert "118 days past due. From day 91 on, a payment pays principal first" in said
    assert "Principal ¥100.00 The whole of it ¥100.00" in said


@pytest.mark.django_db
def test_one_tap_starts_a_dispute_with_our_figure_filled_in(me, held):
    form = re.search(r'<form[^>]*action="([^"]*/disputes/new/[^"]*)"', text_of(me.get(url("I"))))
    begun = me.post(form[1].replace("&amp;", "&"))
    draft = Dispute.objects.get()
    assert (draft.matter, draft.reason) == ("charge", "wrong_amount")
    assert draft.lines.get().key == "AC0001-I" and draft.lines.get().asked_amount == D("119.00")
    me.post(begun.headers["Location"], {"reason": "wrong_amount"})
    right = me.get(reverse("disputes:step", args=[draft.number, "right"]))
    assert 'value="119.00"' in text_of(right)


def text_of(response):
    return response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("right", ["", "nonsense", "120.01", "-5", "1e3", "119.001", "NaN"])
def test_a_figure_in_the_address_that_will_not_do_is_left_out(me, held, right):
    me.post(reverse("disputes:begin", args=["AC0001"]) + f"?line=posting:AC0001-I&right={right}")
    draft = Dispute.objects.get()
    assert draft.lines.get().asked_amount is None and draft.reason == ""


@pytest.mark.django_db
def test_a_draft_about_something_else_asks_what_to_do_with_it(me, held):
    report(held, "2026-10")
    begin = reverse("disputes:begin", args=["AC0001"])
    me.post(f"{begin}?line=record:AC0001:2026-10")
    asked = me.post(f"{begin}?line=posting:AC0001-I&right=119.00", follow=True)
    assert "You have begun draft" in text(asked) and "by our sums ¥119.00" in text(asked)


@pytest.mark.django_db
def test_a_movement_in_dispute_says_so_instead(me, held):
    line(case(held), "posting", "AC0001-I")
    page = text(me.get(url("I")))
    assert "In dispute: case" in page and "Ask the bank" not in page


@pytest.mark.django_db
def test_the_sums_add_up_line_by_line(me, held):
    actions.place_hold(held, reason="dispute", source="t:1", amount=D(300), by=None, at=now())
    post(held, "R", "2026-11-10", "repayment", -100)
    with CaptureQueriesContext(connection) as seen:
        page = me.get(reverse("accounts:sums", args=["AC0001"]))
    said = text(page)
    for part in (
        "Overdue sum: ¥1,480.00",
        "25 October 2026 is the first due date in a row that was not met in full. From then to 20 "
        "November 2026 it is 26 days.",
        "due by 25 Oct 2026 ¥1,600.00 Waiver of 21 Oct 2026 −¥20.00 Repayment of 10 Nov 2026 "
        "−¥100.00 Overdue ¥1,480.00",
        "In dispute It need not be paid while it is looked into. ¥300.00 Apart from those "
        "¥1,180.00 Together Nobody collects ¥300.00 of the whole: it is on hold. ¥1,480.00",
        "Minimum payment of the newest bill: ¥2,300.00",
        "What brings the account up to date: ¥2,000.00",
        "Interest a day: ¥3.57",
        "Late payment charges and fees of ¥200.00 are left out: they bear none.",
        "Whole balance: ¥7,340.00",
        "Repayment 2 movements −¥1,100.00 Whole balance ¥7,340.00",
    ):
        assert part in said, part
    for anchor in ("overdue", "minimum", "current", "interest", "balance"):
        assert f'<section id="{anchor}"' in text_of(page)
    asked = [q["sql"] for q in seen if not any(name in q["sql"] for name in ENGINE_ROOM)]
    assert len(asked) <= 8, asked
    for section in page.context["sections"]:
        for table in section.sums:
            assert adds_up(table), (section.id, table)


def adds_up(table):
    """Whether its lines come to its result; one that is a product is only rounded."""
    lines = [value(line.amount) for line in table.lines]
    return "×" in table.lines[0].text or sum(lines) == value(table.result.amount)


def value(said):
    return D(said.replace("−", "-").replace("¥", "").replace(",", ""))


@pytest.mark.django_db
def test_sums_within_the_balance_add_up_too(me, held):
    post(held, "R", "2026-11-10", "repayment", -6900)
    page = me.get(reverse("accounts:sums", args=["AC0001"]))
    assert "No more is asked for than the whole balance" not in text(page)
    assert "More was received than the minimum: that stays on the account ¥5,320.00" in text(page)
    post(held, "S", "2026-11-11", "repayment", -900)
    page = me.get(reverse("accounts:sums", args=["AC0001"]))
    assert "It is below zero: the bank owes this sum." in text(page)
    for section in page.context["sections"]:
        assert all(adds_up(table) for table in section.sums), section


@pytest.mark.django_db
@pytest.mark.parametrize("statements", [0, 1])
def test_an_account_with_nothing_due_has_its_sums_too(me, user, statements):
    account(user, statements=statements, as_of=date(2026, 9, 10))
    said = text(me.get(reverse("accounts:sums", args=["AC0001"])))
    assert "No bill's due date has passed yet." in said.replace("&#x27;", "'")
    assert "Whole balance: ¥8,100.00" in said


@pytest.mark.django_db
def test_what_is_not_ones_own_is_not_there(me, held):
    account(cardholder(), "AC0009")
    post(CardAccount.objects.get(ref="AC0009"), "X", "2026-09-01", "purchase", 1)
    for path in (
        reverse("accounts:posting", args=["AC0001", "AC0009-X"]),
        reverse("accounts:posting", args=["AC0009", "AC0009-X"]),
        reverse("accounts:sums", args=["AC0009"]),
        url("%00"), url("no such"),
    ):  # fmt: skip
        assert me.get(path).status_code == 404


@pytest.mark.django_db
def test_staff_see_the_same_and_each_look_is_written_down(held):
    agent = sign_in(Client(), staff("agent"))
    page = text(agent.get(url("I", "staff_posting")))
    assert "That is ¥1.00 more than our sums give" in page and "Ask the bank" not in page
    part = agent.get(url("I", "staff_posting"), headers={"HX-Request": "true"})
    assert reverse("accounts:staff_posting", args=["AC0001", "AC0001-P"]) in text_of(part)
    assert "Overdue sum: ¥1,580.00" in text(
        agent.get(reverse("accounts:staff_sums", args=["AC0001"]))
    )
    assert agent.get(url("none", "staff_posting")).status_code == 404
    pages = list(StaffView.objects.values_list("page", flat=True))
    assert pages == ["accounts:staff_posting", "accounts:staff_posting", "accounts:staff_sums"]


@pytest.mark.django_db
def test_the_handler_sees_it_beside_the_contested_line(me, held):
    report(held, "2026-10", overdue_amount=D(1600), days_past_due=35)
    found = case(held)
    line(found, "posting", "AC0001-I", code="interest", amount="120.00")
    line(found, "record", "AC0001:2026-10", on="2026-10-01", amount="1600.00")
    handler = sign_in(Client(), staff("complaint_handler"))
    page = handler.get(reverse("disputes:staff_case", args=[found.number]))
    part = me.get(url("I"), headers={"HX-Request": "true"})
    sums = re.findall(r"<caption>Day by day.*?</table>", text_of(part), re.DOTALL)
    assert plain(sums[0]) in text(page)
    said = text(page)
    assert "Overdue sum at the end of 31 Oct 2026 ¥1,600.00 ¥1,580.00 Differs" in said
    assert "Days past due at the end of 31 Oct 2026 35 6 Differs" in said
