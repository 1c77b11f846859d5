"""How one payment of a plan was worked out: its share, the rounding, the remainder, its day."""

import re
from datetime import date
from decimal import Decimal as D

import pytest
from django.urls import reverse

from plans.explain import share
from plans.rules import Choice, each_for, schedule
from portal.packs import load
from tests.people import cardholder, sign_in

CENT = D("0.01")
LONGEST = load("cn", on=date(2026, 11, 20))["plan.longest"]


@pytest.mark.parametrize(
    ("total", "each", "months"),
    [
        ("1000", None, 3),
        ("8160", None, 12),
        ("12345.67", None, 7),
        ("1000", "300", 4),
        ("5", "5", 1),
    ],
)
def test_a_share_is_what_the_schedule_has(total, each, months):
    total, first = D(total), date(2027, 1, 31)
    choice = Choice(D(each) if each else each_for(total, months, unit=CENT), months, first)
    dues = schedule(total, choice, agreed_on=date(2026, 12, 1), unit=CENT, longest=LONGEST)
    found = [share(total, choice, i, unit=CENT) for i in range(1, months + 1)]
    assert [(each.due_on, each.amount) for each in found] == [(d.on, d.amount) for d in dues]
    left = [each.left for each in found]
    assert left == [sum((d.amount for d in dues[i:]), D(0)) for i in range(1, months + 1)]
    assert [each.day_missing for each in found] == [d.on.day < 31 for d in dues]
    assert {each.by_months for each in found} == {each is None or months == 1}
    for position in (0, months + 1):
        with pytest.raises(ValueError, match=str(position)):
            share(total, choice, position, unit=CENT)


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
