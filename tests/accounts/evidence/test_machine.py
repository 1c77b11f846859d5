"""statement.json, its schema and the tables: the same facts, the same bytes; no formulas."""

import csv
import io
import json
from dataclasses import replace
from decimal import Decimal

import jsonschema
import pytest
from django.utils.translation import override

from accounts.evidence import machine
from accounts.models import ContactAttempt
from portal.kit.errors import Refused
from portal.kit.money import PLACES
from tests.accounts.books import account, bare, post, report
from tests.accounts.evidence.asked import AT, feed, gathered
from tests.people import cardholder
from tests.plans.scene import behind

pytestmark = pytest.mark.django_db
ALL = {"with_records": True, "with_contacts": True, "with_plans": True}


@pytest.fixture
def held():
    held = account(cardholder())
    feed()
    post(held, "3", "2026-11-06", "late_fee", 40)
    post(held, "4", "2026-11-08", "reversal", -40, reverses="AC0001-3", description="Our mistake")
    post(held, "5", "2026-11-10", "repayment", -500, channel="app")
    report(held, "2026-10", bureau="DEMO-BUREAU")
    ContactAttempt.objects.create(
        ref="K1",
        account=held,
        at=AT.replace(day=19),
        channel="call",
        by="AG1",
        purpose="Reminder",
        outcome="none",
    )
    return held


def valid(facts):
    data = json.loads(as_json(facts))
    schema = json.loads(machine.schema())
    jsonschema.Draft202012Validator.check_schema(schema)
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.validate(data, schema, jsonschema.Draft202012Validator, format_checker=checker)
    return data


def as_json(facts):
    return machine.attachments(facts)[0].data


def table(facts, name="movements.csv"):
    (found,) = [each for each in machine.attachments(facts) if each.name == name]
    return list(csv.DictReader(io.StringIO(found.data.decode("utf-8-sig"), newline="")))


def test_everything_a_statement_can_hold_fits_the_schema(held):
    data = valid(gathered(held, **ALL))
    assert data["schema"] == machine.SCHEMA_ID
    assert [row["line"] for row in data["postings"]] == [f"P-{n:04}" for n in range(1, 6)]
    assert (data["records"][0]["line"], data["contacts"][0]["line"]) == ("R-0001", "C-0001")
    assert data["contacts"][0]["at"] == "2026-11-19T10:00:00+08:00"
    assert set(data["reconciliation"]["difference"].values()) == {"0.00"}


@pytest.mark.parametrize("kind", ["repayments", "overdue", "holder"])
def test_each_kind_fits_the_schema(held, kind):
    assert valid(gathered(held, kind))["document"]["kind"] == kind


def test_a_settlement_fits_the_schema():
    held = account(cardholder(), statements=1)
    post(held, "3", "2026-11-10", "repayment", -8100)
    data = valid(gathered(held, "settlement"))
    assert data["settlement"]["settled_on"] == "2026-11-10"
    assert data["settlement"]["owed"]["total"] == "0.00"


@pytest.mark.usefixtures("drawn_once")
def test_agreements_fit_the_schema_and_come_as_files():
    scene = behind()
    document = scene.sign(scene.offered()).document
    facts = gathered(scene.account, "agreements")
    assert valid(facts)["plans"][0]["document"]["sha256"] == document.sha256
    copy = machine.attachments(facts)[-1]
    assert (copy.name, copy.media_type) == (f"{document.number}.pdf", "application/pdf")
    assert len(copy.data) == document.size


def test_the_schema_refuses_what_it_does_not_know(held):
    data = json.loads(as_json(gathered(held)))
    schema = json.loads(machine.schema())
    for spoilt in (
        data | {"more": 1},
        {name: value for name, value in data.items() if name != "reconciliation"},
        data | {"postings": [data["postings"][0] | {"amount": 12.5}]},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(spoilt, schema)


def test_the_same_facts_give_the_same_bytes_in_every_language(held):
    facts = gathered(held, **ALL)
    drawn = []
    for language in ("en", "zh-hans", "en"):
        with override(language):
            drawn.append([(a.name, a.data) for a in machine.attachments(facts)])
    assert drawn[0] == drawn[1] == drawn[2]
    again = replace(gathered(held, **ALL), number=facts.number)
    assert as_json(again) == as_json(facts)


def test_keys_are_in_order(held):
    def in_order(pairs):
        assert [name for name, _ in pairs] == sorted(name for name, _ in pairs)
        return dict(pairs)

    json.loads(as_json(gathered(held, **ALL)), object_pairs_hook=in_order)


@pytest.mark.parametrize(
    ("currency", "amount", "said"),
    [("JPY", "1200", "1200"), ("KWD", "1.005", "1.005"), ("KWD", "2", "2.000"),
     ("CNY", "7.5", "7.50")],
)  # fmt: skip
def test_money_has_its_currencys_places(currency, amount, said):
    held = bare(cardholder(), "AC0007", currency=currency)
    post(held, "1", "2026-11-10", "purchase", amount)
    post(held, "2", "2026-11-11", "repayment", f"-{amount}")
    data = valid(gathered(held))
    assert [row["amount"] for row in data["postings"]] == [said, f"-{said}"]
    zero = f"{Decimal(0).scaleb(-PLACES[currency])}"
    assert data["reconciliation"]["closing"]["total"] == zero
    assert [row["amount"] for row in table(gathered(held))] == [said, f"-{said}"]


def test_the_table_has_every_movement_and_numbers_stay_numbers(held):
    rows = table(gathered(held))
    assert [Decimal(row["amount"]) for row in rows] == [8000, 100, 40, -40, -500]
    assert Decimal(rows[-1]["balance"]) == 7600
    assert (rows[3]["reverses_line"], rows[-1]["order"]) == ("P-0003", "charges_first")
    changed = sum(
        Decimal(row[f"change_{part}"])
        for row in rows
        for part in ("principal", "interest", "default_sum", "fees")
    )
    assert changed == 7600


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "＝1", "＠x", '=HYPERLINK("x")']
)
def test_no_text_becomes_a_formula(held, text):
    post(held, "6", "2026-11-11", "purchase", 5, description=text, merchant=text)
    row = table(gathered(held))[-1]
    assert row["description"] == f"'{text}"
    assert row["merchant"] == f"'{text}"


@pytest.mark.parametrize("text", ['样例 "书店", 第1店', "a\nb", "𠮷野家", "A=B"])
def test_other_texts_come_back_as_they_are(held, text):
    post(held, "6", "2026-11-11", "purchase", 5, description=text)
    facts = gathered(held)
    assert table(facts)[-1]["description"] == text
    assert valid(facts)["postings"][-1]["description"] == text


def test_an_empty_period_has_tables_with_their_heads_only(held):
    facts = gathered(held, from_on="2026-09-10", until_on="2026-09-12", with_records=True)
    names = {each.name: each.data for each in machine.attachments(facts)}
    assert set(names) == {"statement.json", "statement.schema.json", "movements.csv", "records.csv"}
    assert names["movements.csv"].startswith(b"\xef\xbb\xbfline,ref,")
    assert names["movements.csv"].count(b"\r\n") == 1


def test_reports_come_as_a_table(held):
    (row,) = table(gathered(held, "overdue"), "records.csv")
    assert (row["line"], row["period"], row["overdue_amount"]) == ("R-0001", "2026-10", "800.00")


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "100.5"), ("CNY", "1.005")])
def test_an_amount_finer_than_the_currency_is_refused_not_rounded(currency, amount):
    held = bare(cardholder(), "AC0007", currency=currency)
    post(held, "1", "2026-11-10", "purchase", amount)
    with pytest.raises(Refused) as no:
        as_json(gathered(held))
    assert no.value.rule == "EV-1"
    assert no.value.params["differences"].startswith(f"finer than {currency}: ")


def test_the_table_and_the_json_say_which_movements_make_up_what_was_received(held):
    post(held, "6", "2026-11-12", "reversal", 500, reverses="AC0001-5")
    data = valid(gathered(held))
    assert [row["is_repayment"] for row in data["postings"]] == [False] * 4 + [True] * 2


def test_the_json_says_from_which_day_contacts_are_kept(held):
    assert valid(gathered(held, **ALL))["contacts_kept_from"] == "2023-11-22"
    assert "contacts_kept_from" not in valid(gathered(held))
