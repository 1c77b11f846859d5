"""Marks and outcomes of cases in certified documents: what a stranger may read of them."""

from datetime import date, timedelta

import pytest

from accounts.queries import DisputePast, dispute_history
from disputes.facts import history
from disputes.models import Decision, Dispute
from portal.records.retention import start_of
from tests.accounts.books import account, post, report
from tests.accounts.evidence.asked import AT, feed, gathered
from tests.accounts.evidence.test_machine import valid
from tests.accounts.evidence.test_paper import of, said
from tests.disputes import scene
from tests.people import cardholder, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("development_seal")]
FILED, ANSWERED = date(2026, 11, 2), date(2026, 11, 9)
PERIOD = {"from_on": "2026-11-01", "until_on": "2026-11-20"}

LONGER = PERIOD | {"from_on": "2026-10-01"}


def noon(on):
    return start_of(on) + timedelta(hours=12)


@pytest.fixture
def held():
    made = account(cardholder())
    feed()
    return made


def case(held, status, *, outcome="", keys=(("posting", "AC0001-1"),), **changes):
    made = scene.case(held, status, submitted_at=noon(FILED), words="My own words", **changes)
    for kind, key in keys:
        scene.line(made, kind, key, open=False)
    if outcome:
        Decision.objects.create(
            dispute=made, round=1, status="made", outcome=outcome, cause="process", made_at=AT,
            proposed_by=staff("complaint_handler"), proposed_at=AT, sealed_reasons="",
        )  # fmt: skip
        Dispute.objects.filter(pk=made.pk).update(decided_at=noon(ANSWERED))
    return made


@pytest.mark.parametrize(
    ("status", "outcome", "state", "settled_on"),
    [
        ("received", "", "open", None),
        ("waiting_for_cardholder", "", "open", None),
        ("upheld", "upheld", "upheld", ANSWERED),
        ("closed", "rejected", "rejected", ANSWERED),
        ("under_second_review", "rejected", "second_review", None),
        ("withdrawn", "rejected", "rejected", ANSWERED),  # the second review was withdrawn
    ],
)
def test_where_a_case_stands(held, status, outcome, state, settled_on):
    made = case(held, status, outcome=outcome)
    assert history(held) == [
        DisputePast(made.number, FILED, (("posting", "AC0001-1"),), state, settled_on)
    ]


def test_a_withdrawn_case_a_draft_and_a_complaint(held):
    case(held, "withdrawn", ended_at=noon(ANSWERED))
    case(held, "received", keys=())
    case(held, "received", keys=[("contact", "K1")])
    scene.line(scene.case(held, "draft"), "posting", "AC0001-2", open=False)
    (past,) = history(held)
    assert (past.state, past.settled_on) == ("withdrawn", ANSWERED)


def test_a_document_lists_what_was_open_in_its_period(held, django_assert_num_queries):
    case(held, "rejected", outcome="rejected")
    with django_assert_num_queries(1):
        dispute_history(held)
    assert len(gathered(held, **PERIOD).disputes) == 1
    assert gathered(held, **PERIOD | {"from_on": "2026-11-10"}).disputes == []
    assert gathered(held, from_on="2026-10-01", until_on="2026-11-01").disputes == []
    assert len(gathered(held, **PERIOD | {"from_on": "2026-11-09"}).disputes) == 1


def test_the_json_names_the_lines_as_its_own_rows_do(held):
    report(held, "2026-10", bureau="DEMO-BUREAU")
    post(held, "7", "2026-11-06", "late_fee", 40)
    keys = [
        ("posting", "AC0001-7"),
        ("record", "AC0001:2026-10"),
        ("statement", "AC0001:2026-11-05"),
    ]
    made = case(held, "received", keys=keys)
    data = valid(gathered(held, **LONGER, with_records=True))
    (told,) = data["disputes"]
    assert (told["number"], told["state"], told["settled_on"]) == (made.number, "open", None)
    assert [line["key"] for line in told["lines"]] == ["AC0001-7", "2026-10", "2026-11-05"]
    assert told["lines"][0]["key"] in [row["ref"] for row in data["postings"]]
    assert told["lines"][1]["key"] in [row["period"] for row in data["records"]]
    assert "My own words" not in str(data)


def test_the_paper_says_it_in_words_and_names_its_own_lines(held):
    report(held, "2026-10", bureau="DEMO-BUREAU")
    post(held, "7", "2026-11-06", "late_fee", 40)
    made = case(
        held, "upheld", outcome="upheld",
        keys=[("posting", "AC0001-7"), ("record", "AC0001:2026-10"), ("posting", "gone")],
    )  # fmt: skip
    text = said(of(gathered(held, **LONGER, with_records=True)))
    assert "Objections by the cardholder" in text and made.number in text
    assert "the cardholder was right" in text and "report of October 2026 (R-0001)" in text
    assert "P-000" in text and "movement gone" in text
