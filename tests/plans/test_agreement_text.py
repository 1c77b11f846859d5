"""What the agreement's PDF says, by text extraction, in both languages."""

import subprocess
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from cryptography.exceptions import InvalidTag

from plans import agreement, document, rules
from plans.agreement import Terms
from portal.kit.errors import Refused
from portal.packs import load

TODAY = date(2026, 11, 22)
NAME = "示例䶮𠮷"


def terms(**changes) -> Terms:
    dues = rules.schedule(
        Decimal("9646.30"),
        rules.Choice(Decimal("680.00"), 15, date(2026, 12, 8)),
        agreed_on=TODAY,
        unit=Decimal("0.01"),
        longest=load("cn", on=TODAY)["plan.longest"],
    )
    facts = {
        "number": "PA-7K3MQ2XW",
        "made_at": datetime(2026, 11, 22, 2, 0, tzinfo=UTC),
        "full_name": NAME,
        "id_masked": "00****9X",
        "card_last4": "4417",
        "account_ref": "A0000009",
        "agency": "",
        "currency": "CNY",
        "as_of": date(2026, 11, 21),
        "balance": Decimal("38120.55"),
        "principal": Decimal("9300.00"),
        "interest": Decimal("296.30"),
        "default_sum": Decimal("50.00"),
        "fees": Decimal("0.00"),
        "total": Decimal("9646.30"),
        "dues": dues,
        "annual_rate": Decimal(0),
        "lateness_allowed": 7,
        "record_years": 5,
        "limitation_years": 3,
    }
    return Terms(**facts | changes)


# The six statutory items of art. 70 and the rest of the checklist (docs/rules.md), as printed.
ITEMS = {
    "en": [
        "9,646.30", "Principal", "9,300.00", "296.30", "CNY",
        "Once a month, in 15 payments", "By transfer to", "8 December 2026", "680.00", "126.30",
        "annual fee ¥0.00", "you do not apply for a credit card at any bank",
        "If a payment is missed", "You can pay early", "PA-7K3MQ2XW", "version 1",
        "22 November 2026", "4417", NAME, "stop all collection on this account", "0.00%",
        "In all you repay", "interest is ¥0.00", "5 years", "individual instalment agreement",
        "object to any figure", "see and correct", "sign this agreement electronically",
    ],
    "zh-hans": [
        "9,646.30", "本金", "9,300.00", "296.30", "CNY", "2026年12月8日", "680.00", "126.30",
        "年费", "信用卡", "提前", "PA-7K3MQ2XW", "2026年11月22日", "4417", NAME,
        "停止", "0.00%", "5年", "个性化分期还款协议", "异议", "更正", "电子",
    ],
}  # fmt: skip


def text_of(pdf: bytes) -> str:
    out = subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True)
    return "".join(out.stdout.decode().split())


@pytest.mark.usefixtures("development_seal")
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_item_is_found_in_the_printed_text(language):
    text = text_of(document.render(terms(), code="ABCDEFGHJKLM", language=language))
    missing = [item for item in ITEMS[language] if "".join(item.split()) not in text]
    assert not missing


@pytest.mark.usefixtures("development_seal")
def test_the_same_facts_give_the_same_bytes():
    one, two = (document.render(terms(), code="ABCDEFGHJKLM", language="en") for _ in range(2))
    assert one == two


def test_an_agency_that_looks_after_the_account_is_named():
    text = " ".join(
        sentence
        for clause in agreement.clauses(terms(agency="Example Agency"))
        for sentence in clause.paragraphs.values()
    )
    assert "Example Agency" in text


def test_an_agreement_with_an_empty_item_is_refused(monkeypatch):
    monkeypatch.setattr(agreement, "_duties", lambda facts: [])
    with pytest.raises(Refused) as no:
        agreement.clauses(terms())
    assert no.value.rule == "CN-PLAN-03" and "no_new_card" in str(no.value)


def test_terms_read_back_as_they_were_and_only_under_their_number():
    kept = terms()
    assert Terms.unsealed(kept.number, kept.sealed()) == kept
    assert NAME not in kept.sealed()
    with pytest.raises(InvalidTag):
        Terms.unsealed("PA-OTHER", kept.sealed())
