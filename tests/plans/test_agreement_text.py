"""What the agreement's PDF says, by text extraction, in both languages."""

import subprocess
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from cryptography.exceptions import InvalidTag
from django.utils.translation import override

from plans import agreement, document, rules
from plans.agreement import Terms
from portal.kit.errors import Refused
from portal.packs import load

TODAY = date(2026, 11, 22)
NAME = "示例䶮𠮷"


UNIT = Decimal("0.01")


def divided(total, choice) -> list[rules.Due]:
    longest = load("cn", on=TODAY)["plan.longest"]
    return rules.schedule(Decimal(total), choice, agreed_on=TODAY, unit=UNIT, longest=longest)


def terms(**changes) -> Terms:
    dues = divided("9646.30", rules.Choice(Decimal("680.00"), 15, date(2026, 12, 8)))
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
        "overdue": Decimal("9646.30"),
        "dues": dues,
        "annual_rate": Decimal(0),
        "lateness_allowed": 7,
        "record_years": 5,
        "limitation_years": 3,
    }
    return Terms(**facts | changes)


def in_full(months: int = 12, **changes) -> Terms:
    """A plan with interest and waivers, and everything that the policy may promise."""
    waived = rules.Waived(interest=Decimal("146.30"), default_sum=Decimal("50.00"))
    rate = Decimal("0.06")
    first_on = date(2027, 1, 8) if months < 60 else date(2026, 12, 8)
    total = Decimal("9450.00")
    each = rules.each_for(total, months, unit=UNIT, rate=rate, agreed_on=TODAY, first_on=first_on)
    dues = divided(total, rules.Choice(each, months, first_on, rate=rate, waived=waived))
    facts = {
        "total": total, "dues": dues, "rate": rate, "cooling_off": 7, "moves_allowed": 2,
        "move_within": 10, "missed_allowed": 1, "waived_interest": waived.interest,
        "waived_default_sum": waived.default_sum,
        "annual_rate": rules.annual_rate_of(total, dues, agreed_on=TODAY),
    }  # fmt: skip
    return terms(**facts | changes)


def token(**changes) -> Terms:
    choice = rules.Choice(
        Decimal("50.00"), 6, date(2026, 12, 8), kind="token", review_on=date(2027, 6, 1)
    )
    facts = {"kind": "token", "total": Decimal(300), "dues": divided(300, choice)}
    return terms(**facts, review_on=choice.review_on, **changes)


def said(facts: Terms) -> str:
    with override("en"):
        text = agreement.clauses(facts)
    return " ".join(s for clause in text for s in [clause.heading, *clause.paragraphs.values()])


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
        "年费", "信用卡", "PA-7K3MQ2XW", "2026年11月22日", "4417", NAME,
        "停止", "0.00%", "5年", "个性化分期还款协议", "异议", "更正", "电子",
    ],
}  # fmt: skip


IN_FULL = {
    "en": [
        "9,646.30", "9,450.00", "Interest given up", "196.30", "−¥146.30", "Left to repay",
        "if this plan is kept",
        "as if nothing had been given up", "8 January 2027", "8 December 2027", "6.00% a year",
        "Of it, interest", "in whole months and days", "simple annual rate", "times twelve",
        "No interest is charged in advance", "7 days after its due date",
        "more than 1 payment is missed at the same time", "gives you 14 days",
        "What the bank gave up counts again", "Up to 2 times", "by up to 10 days",
        "For 7 days after the day on which you sign", "for the time that you use",
        "in their order", "a death", "with a passkey on your own device",
        "The period of 3 years",
    ],
    "zh-hans": ["9,646.30", "9,450.00", "196.30", "146.30", "2027年1月8日", "6.00%"],
}  # fmt: skip
TOKEN = {
    "en": [
        "300.00", "50.00", "9,346.30", "1 June 2027", "nobody collects it before",
        "as the card contract says", "collection may resume",
    ],
    "zh-hans": ["300.00", "50.00", "9,346.30", "2027年6月1日", "2027年5月8日"],
}  # fmt: skip


def text_of(pdf: bytes) -> str:
    out = subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True)
    return "".join(out.stdout.decode().split())


@pytest.mark.usefixtures("development_seal")
@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(
    ("facts", "items"), [(terms, ITEMS), (in_full, IN_FULL), (token, TOKEN)]
)  # fmt: skip
def test_every_item_is_found_in_the_printed_text(facts, items, language):
    made = facts()
    text = text_of(document.render(made, code="ABCDEFGHJKLM", language=language))
    missing = [item for item in items[language] if "".join(item.split()) not in text]
    assert not missing
    assert f"{made.annual_rate * 100:.2f}%" in text and f"{made.payable:,.2f}" in text
    assert all(f"{due.amount:,.2f}" in text and f"{due.interest:,.2f}" in text for due in made.dues)


@pytest.mark.parametrize(
    ("facts", "clause"),
    [
        ({"moves_allowed": 0}, "you can move a coming payment"),
        ({"move_within": 0}, "you can move a coming payment"),
        ({"cooling_off": 0}, "take this agreement back"),
        ({"rate": Decimal(0)}, "in whole months and days"),
        ({"waived_interest": Decimal(0), "waived_default_sum": Decimal(0)}, "gives up"),
        ({"missed_allowed": 0}, "at the same time"),
    ],
)
def test_what_is_not_promised_is_not_said(facts, clause):
    assert clause in said(in_full())
    assert clause not in said(in_full(**facts))


def test_interest_of_a_long_first_period_that_waits_is_said():
    """9,450.00 at 12 % for three months is 283.50, more than one of 57 payments."""
    total, rate, first_on = Decimal(9450), Decimal("0.12"), date(2027, 2, 22)
    each = rules.each_for(total, 57, unit=UNIT, rate=rate, agreed_on=TODAY, first_on=first_on)
    dues = divided(total, rules.Choice(each, 57, first_on, rate=rate))
    made = in_full(rate=rate, dues=dues)
    assert "bears no interest itself" in said(made) and "bears no interest itself" not in said(
        in_full()
    )
    with override("en"):
        table = next(clause for clause in agreement.clauses(made) if len(clause.columns) == 3)
    assert [row[1:] for row in table.rows[:3]] == [
        ("¥222.62", "¥222.62"), ("¥222.62", "¥155.38"), ("¥222.62", "¥93.83"),
    ]  # fmt: skip


def test_older_terms_say_what_they_said():
    text = said(terms())
    for absent in (
        "take this agreement back",
        "you can move a coming payment",
        "replaces",
        "gives up",
    ):
        assert absent not in text
    assert "When a payment is missed, the bank writes you a notice." in text
    assert "about the overdue sum" in text


def test_a_revision_names_the_agreement_that_it_replaces():
    text = said(terms(replaces="PA-OLD", cooling_off=7))
    assert "replaces agreement PA-OLD, which ends when you sign this one" in text
    assert "Agreement PA-OLD does not come back then." in text


def test_other_kinds_say_how_they_are_paid():
    dues = divided(900, rules.Choice(Decimal(200), 6, date(2026, 12, 8), kind="stepped",
                                     low=Decimal(100), low_months=3))  # fmt: skip
    text = said(terms(kind="stepped", dues=dues, total=Decimal(900)))
    assert "The first 3 payments are ¥100.00 each; the later ones are ¥200.00" in text
    once = divided(900, rules.Choice(Decimal(900), 1, date(2026, 12, 8), kind="settlement"))
    text = said(terms(kind="settlement", dues=once, total=Decimal(900)))
    assert "In one payment, on 8 December 2026." in text and "settled in full" in text


@pytest.mark.parametrize(
    ("law", "own"),
    [
        ("us", ["electronically instead of on paper", "withdraw this consent"]),
        ("uk", ["free, confidential and independent debt advice", "Nobody may press you"]),
        ("cn", []),
    ],
)
def test_each_law_has_its_own_clauses(law, own):
    text, plain = said(terms(law=law)), said(terms())
    assert all(each in text and each not in plain for each in own)
    assert bool(own) == (text != plain)


def test_a_law_whose_own_item_is_missing_is_refused(monkeypatch):
    monkeypatch.setattr("plans.agreement.law._advice", lambda facts: agreement.Clause("", {}))
    with pytest.raises(Refused) as no:
        agreement.clauses(terms(law="uk"))
    assert "debt_advice" in str(no.value)


def test_in_short_says_the_same_facts_in_the_same_order():
    with override("en"):
        plain, full, small = (agreement.in_short(each) for each in (terms(), in_full(), token()))
    labels = [label for label, _ in plain]
    for more in (full, small):
        assert [label for label, _ in more][: len(labels)] == labels
    short = dict(full)
    assert short["Annual rate"] == f"{in_full().annual_rate * 100:.2f}%"
    assert short["Given up by the bank"] == "¥196.30, if the plan is kept"


@pytest.mark.usefixtures("development_seal")
def test_the_same_facts_give_the_same_bytes():
    one, two = (document.render(terms(), code="ABCDEFGHJKLM", language="en") for _ in range(2))
    assert one == two


def test_an_agency_that_looks_after_the_account_is_named():
    assert "Example Agency" in said(terms(agency="Example Agency"))


def test_an_agreement_with_an_empty_item_is_refused(monkeypatch):
    monkeypatch.setattr("plans.agreement.duties._cardholder", lambda: agreement.Clause("", {}))
    with pytest.raises(Refused) as no:
        agreement.clauses(terms())
    assert no.value.rule == "CN-PLAN-03" and "no_new_card" in str(no.value)


def test_terms_read_back_as_they_were_and_only_under_their_number():
    kept = token(replaces="PA-OLD", said={"en": "0" * 64})
    assert Terms.unsealed(kept.number, kept.sealed()) == kept
    assert NAME not in kept.sealed()
    with pytest.raises(InvalidTag):
        Terms.unsealed("PA-OTHER", kept.sealed())
