"""How far a plan is: by the days of its payments, never by what was paid."""

from datetime import date
from decimal import Decimal as D

import pytest
from django.urls import reverse
from django.utils.timezone import now

from plans.models import Agreement, Instalment
from plans.pictures import progress
from tests.people import sign_in
from tests.plans.scene import behind

DUES = [
    Instalment(position=i + 1, due_on=date(2026, i + 1, 10), amount=D(100 + i)) for i in range(3)
]


@pytest.mark.parametrize(
    ("on", "due", "due_sum", "left", "left_sum"),
    [
        (date(2026, 1, 10), 0, 0, 3, 303),  # due today is still to come
        (date(2026, 1, 11), 1, 100, 2, 203),
        (date(2026, 3, 11), 3, 303, 0, 0),
    ],
)
def test_a_payment_has_been_due_when_its_day_is_over(on, due, due_sum, left, left_sum):
    found = progress(DUES, on=on)
    assert (found.due, found.due_sum, found.left, found.left_sum) == (due, due_sum, left, left_sum)
    assert [part.past for part in found.parts] == [True] * due + [False] * left


@pytest.mark.django_db
@pytest.mark.usefixtures("drawn_once")
def test_the_page_draws_it_while_the_plan_lives(client):
    scene = behind()
    agreement = scene.sign(scene.offered())
    sign_in(client, scene.holder)
    address = reverse("plans:agreement", args=[agreement.number])
    said = client.get(address).content.decode()
    assert "No payment has been due yet. 3 payments are still to come: ¥1,000.00." in said
    assert said.count('class="pic-bar coming"') == 3
    Agreement.objects.filter(pk=agreement.pk).update(status=Agreement.Status.BROKEN, ended_at=now())
    assert "still to come" not in client.get(address).content.decode()
