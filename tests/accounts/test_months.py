"""The months page: what was reported beside our own count, the years, and the pictures."""

import re
from datetime import date
from decimal import Decimal as D

import pytest
from django.urls import reverse
from django.utils.timezone import now

from accounts import queries
from accounts.book import Bill
from accounts.evidence.walk import DayEnd, Spell
from accounts.months import rules
from accounts.views.arrears import READERS
from disputes.models import PersonalStatement
from portal.records.models import StaffView
from tests.accounts.books import account, bare, post, report
from tests.accounts.test_arrears_page import asked, h1, text
from tests.people import cardholder, sign_in, staff


def day(text):
    return date.fromisoformat(text) if text else None


NOTICES = [  # adverse, reported, told, and how that stands
    (True, "2026-10-31", "2026-10-30", "before"),
    (True, "2026-10-31", "2026-10-31", "late"),  # the same day is not before
    (True, "2026-10-31", "2026-11-02", "late"),
    (True, "2026-10-31", "", "none"),
    (True, "", "2026-10-30", "open"),
    (True, "", "", "open"),
    (False, "2026-10-31", "", ""),
    (False, "2026-10-31", "2026-11-02", ""),
]


@pytest.mark.parametrize(("adverse", "reported", "told", "code"), NOTICES)
def test_notice_counts_only_before_the_report(adverse, reported, told, code):
    found = rules.notice(is_adverse=adverse, reported_on=day(reported), notified_on=day(told))
    assert found == code


@pytest.mark.parametrize(
    ("code", "days", "overdue", "adverse"),
    [("N", 0, 0, False), ("1", 0, 0, True), ("7", 200, 10, True), ("N", 3, 0, True),
     ("B", 0, D("0.01"), True), ("*", 0, 0, False), ("0", 0, 0, False)],
)  # fmt: skip
def test_a_report_is_adverse_by_what_it_says(code, days, overdue, adverse):
    assert rules.adverse(code, days, D(overdue)) is adverse


def spell(since, cured):
    since, cured = day(since), day(cured)
    return Spell(since, ((cured or date(2026, 11, 20)) - since).days, cured)


FIRST, SECOND = spell("2025-11-25", "2026-02-10"), spell("2026-05-25", "")
RUNS = [  # adverse months, times overdue, and per run: first, last, settled, in the books
    ("2025-11 2025-12 2026-01", [FIRST], [("2025-11", "2026-01", "2026-02-10", True)]),
    ("2025-11 2026-01", [FIRST], [
        ("2026-01", "2026-01", "2026-02-10", True), ("2025-11", "2025-11", "2026-02-10", True),
    ]),
    ("2026-06 2026-07", [FIRST, SECOND], [("2026-06", "2026-07", None, True)]),
    # one run that two times overdue touch ends with the later one
    ("2026-02 2026-03 2026-04 2026-05", [FIRST, SECOND], [("2026-02", "2026-05", None, True)]),
    ("2026-03", [FIRST, SECOND], [("2026-03", "2026-03", None, False)]),
    ("2020-01", [], [("2020-01", "2020-01", None, False)]),
    # the month of the cure is touched, the due date's own month end is not
    ("2026-02", [FIRST], [("2026-02", "2026-02", "2026-02-10", True)]),
    ("", [FIRST], []),
]  # fmt: skip


@pytest.mark.parametrize(("months", "spells", "runs"), RUNS)
def test_the_years_begin_when_nothing_overdue_is_left(months, spells, runs):
    found = rules.runs([day(f"{month}-01") for month in months.split()], spells)
    assert [(f"{r.first:%Y-%m}", f"{r.last:%Y-%m}", r.settled_on, r.in_books) for r in found] == [
        (first, last, day(settled), known) for first, last, settled, known in runs
    ]


@pytest.mark.parametrize(
    ("settled", "years", "until"),
    [("2026-02-10", 5, "2031-02-10"), ("2024-02-29", 5, "2029-02-28"),
     ("2024-02-29", 4, "2028-02-29"), ("2026-12-31", 6, "2032-12-31")],
)  # fmt: skip
def test_the_years_end_on_the_same_day(settled, years, until):
    assert rules.shown_until(day(settled), years) == day(until)


@pytest.mark.parametrize(
    ("opening", "on", "days", "known"),
    [(0, "2026-09-25", 0, "all"), (500, "2026-09-25", 0, ""), (500, "2026-08-31", 0, ""),
     (500, "2026-09-30", 5, "sum"), (500, "2026-09-30", 0, "all"), (500, "2026-10-31", 6, "all"),
     (0, "2026-09-30", 5, "all"), (-5, "2026-09-30", 5, "all")],
)  # fmt: skip
def test_before_the_first_bill_we_hold_our_books_cannot_tell(opening, on, days, known):
    first = Bill(day("2026-09-05"), day("2026-09-25"), D(opening), D(8100), D(800))
    assert rules.reach(DayEnd(day(on), days, D(days)), first) == known
    assert rules.reach(DayEnd(day(on), days, D(days)), None) == "all"


# == the page

PAGE = reverse("accounts:months", args=["AC0001"])
STAFF_PAGE = reverse("accounts:staff_months", args=["AC0001"])


@pytest.fixture
def me(client):
    user = cardholder()
    sign_in(client, user)
    return user


@pytest.fixture
def held(me):
    """Overdue 1,600.00 since 25 September, reported thrice; each report has its own fault."""
    held = account(me)
    report(held, "2026-08", reported_code="N", days_past_due=0, overdue_amount=D(0),
           reported_on=date(2026, 8, 31))  # fmt: skip
    report(held, "2026-09", days_past_due=40, overdue_amount=D(900), reported_code="2",
           reported_on=date(2026, 9, 30), notified_on=date(2026, 9, 30), bureau="DEMO")  # fmt: skip
    report(held, "2026-09", version=2, days_past_due=5, overdue_amount=D(800), bureau="DEMO",
           reported_on=date(2026, 10, 6), notified_on=date(2026, 9, 28))  # fmt: skip
    report(held, "2026-10", days_past_due=27, overdue_amount=D(1600), disputed=True)
    return held


def section(page, period):
    """One month's own part of the page, as text."""
    part = page.content.decode().split(f'id="m{period}"')[1].split("</section>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", "<x" + part))


@pytest.mark.django_db
class TestPage:
    @pytest.fixture(autouse=True)
    def english(self, client):
        client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"

    def test_each_month_says_what_was_reported_and_what_stands_beside_it(self, client, held):
        page = client.get(PAGE)
        assert h1(page) == "Month by month"
        september, october = section(page, "2026-09"), section(page, "2026-10")
        assert "Corrected" in september
        assert "Version 1: 2, 40 days past due, ¥900.00 overdue" in september
        assert "Replaced by version 2, reported on 6 October 2026." in september
        assert "Version 2: 1, 5 days past due, ¥800.00 overdue" in september
        assert "You were told before, on 28 September 2026." in september
        assert "30 September 2026: 5 days past due, ¥800.00 overdue" in september
        assert "The report says the same." in september
        assert "Being disputed" in october
        assert "Our books show no notice to you before it was reported." in october
        assert "must tell you before" in october
        assert "31 October 2026: 36 days past due, ¥1,600.00 overdue" in october
        assert "The report says something else." in october
        assert "Reported: N, nothing overdue." in section(page, "2026-08")
        assert "told" not in section(page, "2026-08")
        body = page.content.decode()
        for period in ("2026-08", "2026-09", "2026-10"):
            assert (
                f"{reverse('disputes:begin', args=['AC0001'])}?line=record:AC0001:{period}" in body
            )
        assert body.count("<s>") == 1

    def test_the_strip_and_the_years(self, client, held):
        page = client.get(PAGE)
        said = text(page)
        assert "1, 27 days past due, ¥1,600.00 overdue · Reported on 31 October 2026" in said
        assert "in dispute" in said
        assert "July 2026: nothing reported" in said
        assert "September 2026 to October 2026 The 5 years have not begun" in said
        assert "may show it until" not in said
        post(held, "9", "2026-11-10", "repayment", -1600)
        said = text(client.get(PAGE))
        assert "settled on 10 November 2026. The bureau may show it until 10 November 2031" in said

    def test_the_pictures_say_in_words_and_figures_what_they_show(self, client, held):
        post(held, "9", "2026-10-10", "repayment", -300)
        page = client.get(PAGE)
        said, body = text(page), page.content.decode()
        assert "The balance was ¥7,800.00 on 30 September" not in said
        assert "¥8,100.00 on 30 September 2026 and ¥7,800.00 on 20 November 2026." in said
        assert "¥300.00 was repaid, in 1 month." in said
        assert "Something was overdue at the end of 2 of these 2 months. It was 36 days" in said
        assert "On 20 November 2026 it was 56 days past due." in said
        assert "October 2026 ¥7,800.00 ¥300.00" in said
        assert body.count("<figure") == body.count('<details class="pic-table"') == 2
        assert body.count('<rect class="pic-bar"') == 1 + 3  # one repayment, three month ends
        assert " style=" not in body

    @pytest.mark.parametrize(("query", "shown"), [("", 24), ("?span=60", 60), ("?span=x", 24)])
    def test_older_months_are_there_by_choice(self, client, held, query, shown):
        report(held, "2022-03")
        said = text(client.get(PAGE + query))
        assert ("March 2022" in said.split("How long it is shown")[0]) == (shown == 60)
        assert ("1 older month with a report is not shown" in said) == (shown == 24)
        assert "Our books show nothing overdue in this time" in said  # of March 2022, always

    def test_an_account_without_anything_says_so(self, client, me):
        bare(me, "AC0001")
        said = text(client.get(PAGE))
        assert "Nothing has been booked on this account yet" in said
        assert "Nothing has been reported about this account." in said

    def test_own_words_and_an_open_case_stand_beside_their_month(self, client, held, monkeypatch):
        line = queries.DisputedLine("record", "AC0001:2026-09", "D-1", "open")
        monkeypatch.setattr(queries, "disputed", lambda account: [line])
        words = queries.OwnWords("I was in hospital.", None, False)
        monkeypatch.setattr(queries, "own_words", lambda account: {"2026-10": words})
        page = client.get(PAGE)
        assert "In dispute: case D-1" in section(page, "2026-09")
        assert "record:AC0001:2026-09" not in page.content.decode()
        assert "I was in hospital." in section(page, "2026-10")

    def test_where_the_first_bill_begins_with_a_debt_no_report_is_called_wrong(self, client, held):
        held.statements.filter(statement_on="2026-09-05").update(opening_balance=D(500))
        report(held, "2026-08", version=2, days_past_due=40, overdue_amount=D(500))
        page = client.get(PAGE)
        assert not any(month.differs for month in page.context["page"].months)
        assert "do not reach back" in section(page, "2026-08")
        october = section(page, "2026-10")
        assert "names the same sum." in october and "we cannot compare the days" in october
        assert "so it may have been late for longer" in text(page)
        assert "October 2026 at least 36 ¥1,600.00" in text(page)

    def test_other_law_says_only_what_it_has(self, client, held, settings):
        settings.JURISDICTION = "uk"
        said = text(client.get(PAGE))
        assert "must tell you before" not in said
        assert "The 6 years have not begun" in said

    def test_it_takes_few_queries_however_many_months(self, client, held):
        """The user and six of the page's own; three more where words stand beside a record."""
        for i in range(60):
            report(held, f"{2010 + i // 12}-{i % 12 + 1:02}")
            post(held, f"p{i}", "2026-11-10", "purchase", 1)
        client.get(PAGE)
        statements = asked(client, PAGE + "?span=60")
        assert len(statements) <= 7, "\n".join(statements)
        PersonalStatement.objects.create(
            account=held, period="2026-10", text="Words.", made_at=now(),
            made_by=held.cardholder.user,
        )  # fmt: skip
        assert len(asked(client, PAGE + "?span=60")) <= 10

    def test_it_is_nobody_elses(self, client, held):
        sign_in(client, cardholder())
        assert client.get(PAGE).status_code == 404

    def test_staff_read_on_which_day_notice_was_given(self, client, held):
        report(held, "2026-04", notified_on=date(2026, 10, 25))
        report(held, "2026-05", notified_on=date(2026, 11, 2))
        report(held, "2026-03", notified_on=date(2026, 7, 25), reported_on=None)
        page = sign_in(client, staff("auditor")).get(STAFF_PAGE)
        said = [section(page, period) for period in ("2026-03", "2026-04", "2026-05")]
        assert "The cardholder was told on 25 July 2026." in said[0]
        assert "told before it was reported, on 25 October 2026." in said[1]
        assert "told on 2 November 2026: not before it was reported." in said[2]

    def test_staff_see_it_without_the_words_and_it_is_logged(self, client, held, monkeypatch):
        words = queries.OwnWords("I was in hospital.", None, False)
        monkeypatch.setattr(queries, "own_words", lambda account: {"2026-10": words})
        for role in READERS:
            page = sign_in(client, staff(role)).get(STAFF_PAGE)
            assert "36 days past due" in text(page)
        assert "hospital" not in page.content.decode()
        assert reverse("disputes:begin", args=["AC0001"]) not in page.content.decode()
        views = StaffView.objects.filter(page="accounts:staff_months")
        assert views.count() == len(READERS)
        assert {view.subject for view in views} == {f"accounts.cardholder:{held.cardholder.pk}"}
