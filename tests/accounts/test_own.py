"""Who of our staff is which cardholder: how the bank says so, and what the trail keeps of it."""

import pytest
from django.core.management import CommandError, call_command
from django.utils.timezone import now

from accounts.files.actions import release
from accounts.models import User
from accounts.own import is_own, own_among
from portal.kit.errors import Refused
from portal.records.models import AuditEvent
from tests.disputes.scene import case
from tests.files import kept
from tests.people import cardholder, staff, unbound
from tests.plans.scene import account_of

pytestmark = pytest.mark.django_db


def test_a_case_is_ones_own_by_the_sign_in_the_list_or_the_address():
    user, holder = staff(email="li.wei@bank.example"), cardholder()
    mine, other = unbound(email=" Li.Wei@Bank.example"), unbound(email="li.wei@home.example")
    listed = unbound()
    user.own_cardholders.add(listed)
    nobody, theirs = unbound(), holder.cardholder
    assert own_among(user, [mine, listed, other, nobody, theirs]) == {mine.pk, listed.pk}
    assert is_own(holder, theirs) and not is_own(holder, mine)
    assert not is_own(staff(), mine) and not is_own(staff(), listed)


def test_an_address_in_the_books_makes_no_cardholder_another():
    """Two people of one household may have one address in the books: two cardholders."""
    holder = cardholder(email="home@example.com")
    assert not is_own(holder, unbound(email="home@example.com"))


def test_a_member_of_staff_is_made_with_their_own_references():
    unbound("CH1"), unbound("CH2")
    call_command("create_staff", "li@bank.example", role="agent", name="Li", own=["CH1", "CH2"])
    user = User.objects.get(email="li@bank.example")
    assert {holder.ref for holder in user.own_cardholders.all()} == {"CH1", "CH2"}
    assert AuditEvent.objects.get().data == {
        "role": "agent", "collector_code": "", "own": ["CH1", "CH2"],
    }  # fmt: skip
    with pytest.raises(CommandError, match="not in the books: CH3"):
        call_command("create_staff", "x@bank.example", role="agent", name="X", own=["CH3"])
    assert not User.objects.filter(email="x@bank.example").exists()


def test_the_list_is_changed_shown_and_in_the_trail(capsys):
    user = staff(email="li@bank.example")
    unbound("CH1"), unbound("CH2")
    call_command("own_cases", "Li@bank.example", "--own", "CH1", "--own", "CH2")
    call_command("own_cases", "li@bank.example", "--not-own", "CH1")
    call_command("own_cases", "li@bank.example")
    assert capsys.readouterr().out.splitlines()[-1] == "li@bank.example: CH2"
    assert [holder.ref for holder in user.own_cardholders.all()] == ["CH2"]
    added, dropped = AuditEvent.objects.filter(verb="accounts.staff_own_changed").order_by("seq")
    assert added.subject == f"accounts.user:{user.pk}"
    assert added.data == {"added": ["CH1", "CH2"], "dropped": []}
    assert dropped.data == {"added": [], "dropped": ["CH1"]}


@pytest.mark.parametrize("email", ["nobody@bank.example", "holder@example.com"])
def test_only_staff_have_such_a_list(email):
    cardholder(email="holder@example.com")
    with pytest.raises(CommandError, match="no sign-in of staff"):
        call_command("own_cases", email)


def test_nobody_releases_their_own_file():
    holder, user = cardholder(), staff("supervisor")
    user.own_cardholders.add(holder.cardholder)
    upload = kept(case(account_of(holder)), status="quarantined")
    with pytest.raises(Refused) as no:
        release(upload, by=user, at=now())
    assert no.value.rule == "DUTY-1"
    release(upload, by=staff("supervisor"), at=now())
