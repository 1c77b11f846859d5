"""How one payment of a plan was worked out: its share, the rounding, the remainder, its day."""

import re
from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from django.urls import reverse
from django.utils.timezone import localdate

from plans.explain import share
from plans.models import Agreement, Instalment, Offer, columns
from plans.rules import SETTLEMENT, STEPPED, TOKEN, Choice, Waived, divided, schedule
from portal.packs import load
from tests.people import cardholder, sign_in

CENT = D("0.01")
LONGEST = load("cn", on=date(2026, 11, 20))["plan.longest"]


MADE, FIRST = date(2026, 12, 1), date(2027, 1, 31)
TWELVE = D("0.12")
CHOICES = [
    ("1000", Choice(D("333.33"), 3, FIRST), True),
    ("8160", Choice(D(680), 12, FIRST), True),
    ("12345.67", Choice(D("1763.67"), 7, FIRST), True),
    ("1000", Choice(D(300), 4, FIRST), False),
    ("5", Choice(D(5), 1, FIRST), True),
    ("1000", Choice(D(300), 4, FIRST, rate=TWELVE), False),
    ("1000", Choice(D("258.82"), 4, FIRST, rate=TWELVE), True),
    ("1200", Choice(D(30), 4, FIRST, rate=D("0.24")), False),  # 48.00, then 24.00 a month
    ("1200", Choice(D(350), 5, FIRST, STEPPED, low=D(75), low_months=2), True),
    ("1200", Choice(D(400), 5, FIRST, STEPPED, rate=TWELVE, low=D(75), low_months=2), False),
    ("60", Choice(D(20), 3, FIRST, TOKEN, review_on=date(2027, 4, 30)), False),
]


@pytest.mark.parametrize(("total", "choice", "by_months"), CHOICES)
def test_a_share_is_what_the_schedule_has(total, choice, by_months):
    total, months = D(total), choice.months
    dues = schedule(total, choice, agreed_on=MADE, unit=CENT, longest=LONGEST)
    found = [share(total, choice, i, agreed_on=MADE, unit=CENT) for i in range(1, months + 1)]
    assert [(each.due_on, each.amount, each.interest) for each in found] == [
        (d.on, d.amount, d.interest) for d in dues
    ]
    left = [each.left for each in found]
    repaid = [due.amount - due.interest for due in dues]
    assert left == [sum(repaid[i:], D(0)) for i in range(1, months + 1)]
    assert [each.before for each in found] == [total, *left[:-1]]
    assert [each.brought for each in found] == [0, *[each.waits for each in found[:-1]]]
    assert all(each.brought + each.accrued == each.interest + each.waits for each in found)
    assert found[-1].waits == 0 and sum(each.accrued for each in found) == sum(
        due.interest for due in dues
    )
    assert [each.days for each in found] == [60] + [30] * (months - 1)
    assert [each.day_missing for each in found] == [d.on.day < 31 for d in dues]
    assert {each.by_months for each in found} == {by_months}
    assert [each.is_low for each in found] == [i < choice.low_months for i in range(months)]
    if by_months and not choice.rate:
        assert found[0].exact.quantize(CENT) == choice.each
    for position in (0, months + 1):
        with pytest.raises(ValueError, match=str(position)):
            share(total, choice, position, agreed_on=MADE, unit=CENT)


def test_interest_that_waits_is_worked_out_by_hand():
    choice = Choice(D(30), 4, FIRST, rate=D("0.24"))
    found = [share(D(1200), choice, i, agreed_on=MADE, unit=CENT) for i in (1, 2, 3, 4)]
    assert [(each.brought, each.accrued, each.interest, each.waits) for each in found] == [
        (0, 48, 30, 18), (18, 24, 30, 12), (12, 24, 30, 6), (6, 24, 30, 0),
    ]  # fmt: skip


@pytest.mark.usefixtures("drawn_once")
def test_each_payment_can_be_opened_by_its_owner(client, scene):
    number = scene.sign(scene.offered()).number
    me = sign_in(client, scene.holder)

    def page(position):
        html = me.get(reverse("plans:payment", args=[number, position])).content.decode()
        return " ".join(re.sub(r"<[^>]+>", " ", html).split())

    first, last = page(1), page(3)
    assert "Payment 1 of 3: ¥333.33" in first and "It is the first day that was agreed." in first
    assert "Divided by 3 equal payments ¥333.3333… Regular payment: rounded once" in first
    assert "After this payment, ¥666.67 of the plan is still to come." in first
    assert "¥1,000.00 Less the payments before it: 2 × ¥333.33 −¥666.66 Payment 3 ¥333.34" in last
    assert "The last payment takes what the others leave over" in last
    agreement = me.get(reverse("plans:agreement", args=[number])).content.decode()
    assert reverse("plans:payment", args=[number, 2]) in agreement
    assert me.get(reverse("plans:payment", args=[number, 4])).status_code == 404
    other = sign_in(client, cardholder())
    assert other.get(reverse("plans:payment", args=[number, 1])).status_code == 404


def agreed(agreement, total, choice):
    """Give a signed plan other terms: as if the bank had offered these."""
    Offer.objects.filter(pk=agreement.offer_id).update(**columns(choice), total=total, overdue=1000)
    Agreement.objects.filter(pk=agreement.pk).update(total=total)
    agreement.instalments.all().delete()
    made_on = localdate(agreement.offer.made_at)
    Instalment.objects.bulk_create(
        Instalment(
            agreement=agreement, position=i, due_on=due.on, amount=due.amount, interest=due.interest
        )
        for i, due in enumerate(divided(total, choice, agreed_on=made_on, unit=CENT), start=1)
    )  # fmt: skip


WAIVED = "Less what the bank gives up while you keep the plan"
OF_EACH_KIND = [  # the sum, its terms, and what payments say
    (900, {"each": "303.22", "months": 3, "rate": D("0.06"), "waived": Waived(fees=D(100))}, {
        1: ["What was overdue when the bank made its offer ¥1,000.00",
            f"{WAIVED} −¥100.00 Sum of the plan ¥900.00",
            "× 6% a year × 20 days ÷ 360, rounded once ¥3.00",
            "repays the sum of the plan and ¥3.00 is interest"],
        2: ["Left of the sum before this payment ¥599.78",
            "Interest of one month: × 6% a year ÷ 12, rounded once ¥3.00"],
        3: ["Left of the sum before this payment ¥299.56 Its interest, as below ¥1.50",
            "Payment 3 ¥301.06", "nothing of the plan is left",
            "so that the sum of the plan and its interest are paid to the last cent"],
    }),
    (1000, {"each": "450", "months": 4, "kind": STEPPED, "low": D(50), "low_months": 2}, {
        1: ["Smaller payment: the amount a month that was agreed for the first 2 months ¥50.00",
            "The later payments are larger and repay the rest."],
        3: ["Less the smaller payments before: 2 × ¥50.00 −¥100.00 Divided by 2 equal payments ",
            "¥450.00 Regular payment: it comes out even"],
        4: ["2 × ¥50.00 −¥100.00 Less the payment before it: 1 × ¥450.00 −¥450.00"],
    }),
    (60, {"each": "20", "months": 3, "kind": TOKEN, "review_on": date(2027, 4, 30)}, {
        1: ["Small payment: the amount a month that was agreed until the review ¥20.00"],
        3: ["The rest of what is overdue is not in this plan. We look at it again together"],
    }),
    (600, {"each": "600", "months": 1, "kind": SETTLEMENT, "waived": Waived(fees=D(400))}, {
        1: [f"{WAIVED} −¥400.00 Sum of the plan ¥600.00"],
    }),
]  # fmt: skip


@pytest.mark.usefixtures("drawn_once")
def test_a_payment_of_each_kind_says_how_it_comes_about(client, scene):
    agreement = scene.sign(scene.offered())
    me = sign_in(client, scene.holder)

    def page(position):
        html = me.get(reverse("plans:payment", args=[agreement.number, position])).content.decode()
        return " ".join(re.sub(r"<[^>]+>", " ", html).split())

    for total, terms, told in OF_EACH_KIND:
        terms = terms | {"each": D(terms["each"]), "first_on": localdate() + timedelta(days=20)}
        choice = Choice(**terms)
        agreed(agreement, D(total), choice)
        for position, sentences in told.items():
            said = page(position)
            assert [each for each in sentences if each not in said] == []
            assert ("No interest and no charge is in it" in said) is not bool(choice.rate)
            assert ("How much of it is interest" in said) is bool(choice.rate)
    agreement.instalments.update(moved_to=date(2027, 1, 7))
    assert "and you moved it to 7 January 2027." in page(1)
    agreement.instalments.update(interest=1)
    assert "This payment was agreed differently from the others" in page(1)
