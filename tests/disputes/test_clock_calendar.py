"""Working days: China with make-up days, US federal, England."""

import subprocess
import sys
from datetime import date

import pytest
from django.urls import reverse

from disputes.calendar import calendar
from tests.disputes.scene import Scene, case
from tests.people import sign_in, staff


@pytest.mark.parametrize(
    ("law", "on", "works"),
    [
        ("cn", "2026-02-16", False),  # Spring Festival
        ("cn", "2026-02-14", True),  # a Saturday that is worked for it
        ("cn", "2026-10-07", False),  # a day off for a Saturday worked
        ("cn", "2026-10-10", True),
        ("cn", "2026-11-22", False),  # a Sunday
        ("cn", "2026-11-23", True),
        ("us", "2026-07-03", False),  # observed
        ("us", "2026-11-26", False),
        ("us", "2026-11-27", True),
        ("uk", "2026-08-31", False),
        ("uk", "2026-12-28", False),  # for Boxing Day
        ("uk", "2026-08-03", True),  # a holiday in Scotland only
    ],
)
def test_working_days(law, on, works):
    assert calendar(law).is_working(date.fromisoformat(on)) is works


def test_a_year_that_is_not_announced_counts_its_statutory_days_and_says_so():
    days = calendar("cn")
    assert days.announced(2026) and not days.announced(2040)
    assert not days.is_working(date(2040, 10, 1)) and days.is_working(date(2040, 10, 10))
    assert calendar("us").announced(2040) and calendar("uk").announced(2040)


def test_an_unknown_jurisdiction_is_an_error():
    with pytest.raises(KeyError):
        calendar("mars").is_working(date(2026, 1, 1))


def test_the_holidays_are_imported_only_when_days_are_counted():
    code = (
        "import sys; import disputes.calendar as c; assert 'holidays' not in sys.modules; "
        "import datetime; c.calendar('cn').is_working(datetime.date(2026, 1, 1)); "
        "assert 'holidays' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("law", "due_in", "year"), [("cn", 5000, 1), ("cn", 0, 0), ("us", 5000, 0)]
)
def test_the_supervisors_hear_of_a_year_that_is_not_announced(client, settings, law, due_in, year):
    settings.JURISDICTION = law
    dispute = case(Scene.made().account, due_in=due_in)
    page = sign_in(client, staff("supervisor")).get(reverse("staff_home"))
    due_on = dispute.deadline.due_on
    assert page.context["year_unknown"] == (due_on.year if year else None)
    assert (f"Cases are due in {due_on.year}" in page.content.decode()) == bool(year)
