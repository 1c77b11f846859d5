"""The report on cases: what it counts, what it never counts, and the table one may take along."""

import csv
import io
import statistics
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from unittest.mock import Mock

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localdate, localtime, now
from django.utils.translation import override

from disputes import insight, insight_count, insight_export, tasks
from disputes.insight_rows import drawn, grouped, median, taken
from disputes.models import Correction, DayFigures, Deadline, Decision, Dispute, Ruling
from portal.records.audit import breaks
from portal.records.models import AuditEvent
from portal.records.retention import start_of
from tests.accounts.books import bare
from tests.disputes import scene
from tests.people import cardholder, sign_in, staff

pytestmark = pytest.mark.usefixtures("in_english")
ON = date(2026, 11, 20)
DAY = timedelta(days=1)


def noon(on):
    return start_of(on) + timedelta(hours=12)


def case(account, filed_on, status="received", **changes):
    """A case filed on a day, due twenty days later."""
    made = scene.case(account, status, submitted_at=noon(filed_on), **changes)
    deadline = Deadline.objects.create(
        dispute=made, round=1, step=1, rule="CN-CR-04", counted_from=filed_on, value=20,
        unit="calendar days", due_on=filed_on + 20 * DAY, plan_on=filed_on + 18 * DAY,
        reason="-", asked_by=staff("complaint_handler"), made_at=noon(filed_on),
    )  # fmt: skip
    Dispute.objects.filter(pk=made.pk).update(deadline=deadline, due_on=deadline.due_on)
    made.refresh_from_db()
    return made


def answer(dispute, made_on, outcome="upheld", *, round=1, cause="data_entry", status="made"):
    return Decision.objects.create(
        dispute=dispute, round=round, status=status, outcome=outcome, cause=cause,
        proposed_by=staff("complaint_handler"), proposed_at=noon(made_on), made_at=noon(made_on),
        credit=Decimal("12.50"), sealed_reasons="",
    )  # fmt: skip


def report(first=date(2026, 11, 2), last=date(2026, 11, 20), *, hour=6):
    """The report of a period, after a count in the evening of ON."""
    insight_count.count(at=noon(ON) + timedelta(hours=hour))
    return insight.Report(first, last, newest=insight.newest())


def counted(bars):
    return {str(bar.label): bar.cases for bar in bars if bar.cases}


@pytest.fixture
def in_english():
    with override("en"):
        yield


@pytest.fixture
def account(db):
    return bare(cardholder(), "AC0001")


def test_what_was_filed_in_the_period_counts_by_its_day(account):
    case(account, date(2026, 11, 1))  # the day before
    case(account, date(2026, 11, 2), reason="fraud")
    case(account, date(2026, 11, 9), matter="charge", channel="phone")
    case(account, date(2026, 11, 20), matter="service", reason="", topic="data")
    scene.case(account, "draft")
    seen = report()
    assert seen.count == 3
    assert counted(seen.by_matter()) == {
        "An overdue record": 1, "A charge, a payment or a bill": 1, "Something else": 1,
    }  # fmt: skip
    assert counted(seen.by_reason())["Not about a line"] == 1
    assert counted(seen.by_channel()) == {"This site": 2, "By phone": 1}
    weeks = [(bar.label, bar.cases) for bar in seen.over_time]
    assert weeks == [(date(2026, 11, 2) + 7 * n * DAY, 1) for n in range(3)]
    year = report(date(2026, 1, 15))
    assert [bar.label.month for bar in year.over_time] == list(range(1, 12))
    assert year.over_time[-1].cases == 4


def test_a_case_filed_at_midnight_belongs_to_the_banks_day(account):
    made = case(account, ON)
    end = start_of(ON + DAY)
    for moment, count in [(end - timedelta(seconds=1), 1), (end, 0)]:
        Dispute.objects.filter(pk=made.pk).update(submitted_at=moment)
        assert report().count == count


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (8, "Less than 50% of the promised time"),
        (9, "50% of the promised time or more"),
        (15, "80% of the promised time or more"),
        (18, "The promised day has come"),
        (20, "The promised day has come"),
        (21, "Later than the law allows"),
    ],
)
def test_open_cases_stand_against_their_clocks(account, ago, said):
    case(account, ON - ago * DAY)
    case(account, ON - ago * DAY, "rejected")
    assert counted(report().ages()) == {said: 1}


def test_answers_their_causes_and_how_long_they_took(account):
    for days, outcome in [(2, "upheld"), (5, "rejected"), (21, "rejected")]:
        answer(case(account, ON - days * DAY, "rejected"), ON, outcome)
    answer(case(account, ON, "in_review"), ON, status="proposed")
    seen = report()
    assert counted(seen.outcomes()) == {"Upheld": 1, "Rejected": 2}
    assert counted(seen.causes()) == {"Data entered wrongly": 3}
    records, whole = seen.times()
    assert (whole.decided, whole.median, whole.longest) == (3, 5, 21)
    assert (whole.in_time, whole.percent) == (2, 67)
    assert records[1:] == whole[1:]


def test_second_reviews_and_how_often_they_change_the_answer(account):
    for second in ("rejected", "upheld"):
        made = case(account, ON - 5 * DAY, "final")
        answer(made, ON - 2 * DAY, "rejected")
        Deadline.objects.create(
            dispute=made, round=2, step=0, rule="CN-CMP-04", counted_from=ON, value=30,
            unit="calendar days", due_on=ON + 30 * DAY, plan_on=ON, made_at=noon(ON - DAY),
        )  # fmt: skip
        answer(made, ON, second, round=2)
    assert report().reviews() == (2, 2, 1)
    assert report(last=ON - 2 * DAY).reviews() == (0, 0, 0)


def test_what_comes_again(account):
    other = bare(cardholder(), "AC0002")
    for filed_on, whose, key in [
        (date(2026, 6, 1), account, "P1"), (ON, account, "P1"), (ON, account, "P2"),
        (ON, other, "P3"),
    ]:  # fmt: skip
        scene.line(case(whose, filed_on), "posting", key, open=False)
    scene.line(scene.case(account, "draft"), "posting", "P2", open=False)
    seen = report()
    assert seen.lines_again() == (1, [("Movement", "P1", 2)])
    assert seen.accounts_again() == (1, [("", account.ref, 3)])
    earlier = report(last=ON - DAY)  # the last case of each is outside of it
    assert earlier.lines_again() == earlier.accounts_again() == (0, [])


def test_the_most_frequent_of_a_period_are_among_those_of_its_days(account, monkeypatch):
    monkeypatch.setattr(insight_count, "TOP", 2)
    monkeypatch.setattr(insight, "TOP", 2)
    for day, key, cases in [(0, "A", 2), (0, "B", 3), (0, "C", 4), (1, "D", 5), (1, "E", 2)]:
        for _case in range(cases):
            scene.line(case(account, ON - day * DAY), "posting", key, open=False)
    assert report().lines_again() == (5, [("Movement", "D", 5), ("Movement", "C", 4)])


def test_a_later_count_forgets_what_is_no_longer_so(account):
    made = case(account, ON - DAY)
    assert report().count == 1
    type(account).objects.update(held_by="AG01", agency_name="Fictitious Agency")
    Dispute.objects.filter(pk=made.pk).update(submitted_at=noon(ON))  # and nothing on its old day
    assert [group.label for group in report(first=ON, hour=7).keepers()] == ["Fictitious Agency"]
    assert report(last=ON - DAY, hour=8).count == 0
    assert DayFigures.objects.get().on == ON


def test_corrections_that_come_late(account):
    made = answer(case(account, ON, "upheld"), ON)
    for n, (due, done) in enumerate([(1, None), (-1, None), (-1, 0), (1, 0)]):
        line = scene.line(made.dispute, "posting", f"P{n}", open=False)
        ruling = Ruling.objects.create(decision=made, line=line, outcome="upheld")
        Correction.objects.create(
            ruling=ruling, kind="posting.correct", seq=n + 1, asked_at=noon(ON),
            due_on=ON + due * DAY, done_at=None if done is None else noon(ON),
        )  # fmt: skip
    assert report().corrections() == (4, 2, 1, 1)


def test_by_product_and_by_who_looks_after_the_account(account):
    other = bare(cardholder(), "AC0002")
    type(other).objects.filter(pk=other.pk).update(held_by="AG01", agency_name="Fictitious Agency")
    answer(case(account, ON, "rejected"), ON, "rejected")
    answer(case(other, ON - 21 * DAY, "upheld"), ON)
    case(other, ON)
    bank, agency = sorted(report().keepers(), key=lambda group: group.label, reverse=True)
    assert bank == ("The bank", 1, 1, 0, 1)
    assert agency == ("Fictitious Agency", 1, 1, 1, 0)
    (product,) = report().products()
    assert product[1:] == (2, 2, 1, 1)


def test_no_percentage_of_nothing():
    assert drawn([]) == [] and drawn([("x", 0)])[0][1:] == (0, 0, 0)
    assert taken("x", Counter({0: 1}), 1)[1:] == (1, 0, 0, 1, 100)
    groups = grouped(Counter(a=2), Counter(b=1), Counter(b=1), Counter(b=1))
    assert groups == [("a", 2, 0, 0, 0), ("b", 0, 1, 1, 1)]


@pytest.mark.parametrize("days", [[3], [3, 4], [1, 1, 9], [1, 2, 2, 8], [-2, 0, 5, 5, 6, 7]])
def test_the_middle_of_a_histogram_is_that_of_its_list(days):
    assert median(Counter(days)) == statistics.median(days)


def test_the_figures_are_those_of_the_table(account):
    """The table is read case by case: another way to the same sums."""
    agency = bare(cardholder(), "AC0002")
    type(agency).objects.filter(pk=agency.pk).update(held_by="AG01", agency_name="Agency")
    matters, outcomes = ("record", "charge", "contact"), ("upheld", "rejected")
    for n in range(12):
        whose = agency if n % 5 == 0 else account
        made = case(whose, ON - (n % 4 + 22) * DAY, "rejected", matter=matters[n % 3])
        if n % 4:
            answer(made, ON - n * DAY, outcomes[n % 2], cause="system")
    first = ON - 60 * DAY
    text = b"".join(insight_export.lines(insight_export.filed(first, ON))).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    seen = report(first)
    assert seen.count == len(rows) == 12

    def by(column, **only):
        chosen = [row for row in rows if all(row[k] == v for k, v in only.items())]
        return Counter(row[column] for row in chosen if row[column])

    assert sorted(counted(seen.by_matter()).values()) == sorted(by("matter").values())
    assert sorted(counted(seen.outcomes()).values()) == sorted(by("outcome").values())
    days = [int(row["days"]) for row in rows if row["days"]]
    whole = seen.times()[-1]
    assert whole[1:4] == (len(days), statistics.median(days), max(days))
    assert whole.in_time == by("in_time")["yes"]
    agencies = {group.label: group for group in seen.keepers()}
    assert agencies["Agency"].filed == by("agency")["Agency"]
    assert agencies["Agency"].right == by("agency", outcome="upheld")["Agency"]


@pytest.fixture
def reader(client, db):
    return sign_in(client, staff("auditor"))


def test_the_page_costs_the_same_for_more_cases(reader, account, django_assert_max_num_queries):
    address, spent = reverse("disputes:insight"), []
    insight_count.count(at=now())
    reader.get(address)  # what is asked once in a process is asked here
    for _round in range(2):
        for _one in range(2):
            answer(case(account, localdate(), "rejected"), localdate())
        insight_count.count(at=now())
        with django_assert_max_num_queries(40) as queries:
            page = reader.get(address).content.decode()
        spent.append(len(queries))
    assert spent[0] == spent[1]
    assert "Nobody is judged by one number" in page and "Test complaint_handler" not in page
    assert "4 cases were filed" in page and "Count now" not in page  # an auditor only reads


def test_before_the_first_count_the_page_says_so_and_a_handler_may_have_it_counted(
    client, account, monkeypatch
):
    case(account, localdate())
    sign_in(client, staff("complaint_handler"))
    address = reverse("disputes:insight")
    assert "This has not been counted yet." in client.get(address).content.decode()
    answered = client.post(reverse("disputes:insight_count"), follow=True).content.decode()
    assert "It is being counted." in answered and "1 case was filed" in answered
    monkeypatch.setattr(tasks.count_cases, "delay", Mock(side_effect=OSError))
    answered = client.post(reverse("disputes:insight_count"), follow=True).content.decode()
    assert "It cannot be counted at the moment." in answered


def test_an_older_count_says_of_when_it_is_and_holds_no_day_after_it(reader, account):
    counted = now() - timedelta(days=3)
    case(account, localdate())
    insight_count.count(at=counted)
    assert [row.on for row in DayFigures.objects.all()] == [localdate(counted)]
    page = reader.get(reverse("disputes:insight")).content.decode()
    with override("en"):
        assert f"Counted {date_format(localtime(counted), 'SHORT_DATETIME_FORMAT')}" in page


def test_only_one_worker_counts_at_a_time(db):
    cache.add(tasks.ONE_COUNT, 1)
    tasks.count_cases()
    assert not DayFigures.objects.exists()
    cache.delete(tasks.ONE_COUNT)
    tasks.count_cases()
    assert DayFigures.objects.exists() and cache.get(tasks.ONE_COUNT) is None


@pytest.mark.parametrize(
    "period", ["from_on=2026-11-20&until_on=2026-11-01", "from_on=1e5", "until_on=2999-01-01"]
)
def test_a_wrong_period_says_so(reader, period):
    assert reader.get(f"{reverse('disputes:insight')}?{period}").status_code == 422
    assert reader.get(f"{reverse('disputes:insight_export')}?{period}").status_code == 302


def test_the_table_is_safe_in_a_spreadsheet_and_tells_nobodys_name(reader, account):
    account.product = "=HYPERLINK(1)"
    account.save()
    made = case(account, ON - DAY, "rejected", words="Secret words")
    scene.line(made, "posting", "P1")
    scene.line(made, "posting", "P2")
    answer(made, ON, "rejected")
    period = f"?from_on={ON - DAY}&until_on={ON}"
    response = reader.get(reverse("disputes:insight_export") + period)
    assert response.streaming and response.headers["Content-Disposition"].startswith("attachment")
    text = response.getvalue().decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row["product"] == "'=HYPERLINK(1)" and row["number"] == made.number
    assert (row["lines"], row["extensions"], row["days"], row["in_time"]) == ("2", "1", "1", "yes")
    assert (row["outcome"], row["credit"], row["second_outcome"]) == ("rejected", "12.50", "")
    for told in ("Secret", account.ref, account.card_last4, account.cardholder.person.full_name):
        assert told not in text
    event = AuditEvent.objects.get(verb="disputes.exported")
    assert event.data["cases"] == 1 and list(breaks("disputes")) == []


def test_the_table_is_read_in_one_query(account, django_assert_num_queries):
    for _one in range(3):
        answer(case(account, ON, "rejected"), ON)
    with django_assert_num_queries(1):
        assert len(list(insight_export.lines(insight_export.filed(ON, ON)))) == 4
