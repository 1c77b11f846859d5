"""issue_activation_codes and create_staff: what is written, to whom, and what is kept."""

import csv
import json
import stat
from datetime import date
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.utils.timezone import now

from accounts.models import ActivationCode, User
from portal.records.models import AuditEvent
from tests import people
from tests.accounts.walks import ADDRESS, try_letter


@pytest.mark.django_db
def test_letters_are_written_once_for_the_owner_alone_and_open_the_door(tmp_path, client):
    people.unbound("R1", full_name="=1+1", postal_address="1 Test Street\nTest Town")
    people.cardholder(ref="R2")
    out = tmp_path / "letters.csv"
    call_command("issue_activation_codes", out=out, all_new=True)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    rows = list(csv.DictReader(out.open(newline="")))
    assert [r["reference"] for r in rows] == ["R1"]
    assert rows[0]["name"] == "'=1+1"
    assert rows[0]["postal_address"] == "1 Test Street\nTest Town"
    assert date.fromisoformat(rows[0]["valid_until"]) > now().date()
    assert try_letter(client, "R1", rows[0]["code"]).url == ADDRESS
    assert rows[0]["code"].replace("-", "") not in ActivationCode.objects.get().code_hash
    data = json.dumps(list(AuditEvent.objects.values_list("data", flat=True)))
    assert rows[0]["code"] not in data


@pytest.mark.django_db
def test_a_second_run_makes_no_second_letter(tmp_path):
    people.unbound("R1")
    call_command("issue_activation_codes", out=tmp_path / "1.csv", all_new=True)
    call_command("issue_activation_codes", out=tmp_path / "2.csv", all_new=True)
    assert len((tmp_path / "2.csv").read_text().splitlines()) == 1


@pytest.mark.django_db
def test_named_references_get_new_codes_and_the_old_are_void(tmp_path, client):
    people.unbound("R1")
    call_command("issue_activation_codes", out=tmp_path / "1.csv", refs="R1")
    call_command("issue_activation_codes", out=tmp_path / "2.csv", refs="R1, ")
    first, second = (
        next(csv.DictReader((tmp_path / n).open()))["code"] for n in ("1.csv", "2.csv")
    )
    assert try_letter(client, "R1", first).status_code == 422
    assert try_letter(client, "R1", second).status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize("refs", ["NONE", "R1,NONE", "BOUND"])
def test_a_wrong_reference_issues_nothing_and_leaves_no_file(tmp_path, refs):
    people.unbound("R1")
    people.cardholder(ref="BOUND")
    with pytest.raises(CommandError):
        call_command("issue_activation_codes", out=tmp_path / "1.csv", refs=refs)
    assert not ActivationCode.objects.exists()
    assert not list(Path(tmp_path).iterdir())


@pytest.mark.django_db
def test_a_file_that_exists_is_not_overwritten(tmp_path):
    (tmp_path / "1.csv").write_text("kept")
    with pytest.raises(CommandError):
        call_command("issue_activation_codes", out=tmp_path / "1.csv", all_new=True)
    assert (tmp_path / "1.csv").read_text() == "kept"


@pytest.mark.django_db
def test_create_staff_makes_a_sign_in_with_a_role_and_says_so_in_the_trail(client):
    facts = {"role": "agent", "name": "Test Agent", "collector_code": "K-17"}
    call_command("create_staff", "Agent.One@Example.com", **facts)
    user = User.objects.get()
    assert user.email == "agent.one@example.com"
    assert {name: getattr(user, name) for name in facts} == facts
    assert not user.has_usable_password()
    assert EmailAddress.objects.get().verified
    assert AuditEvent.objects.get().verb == "accounts.staff_added"
    with pytest.raises(CommandError):
        call_command("create_staff", "agent.one@example.com", role="agent", name="Again")
    with pytest.raises(CommandError):
        call_command("create_staff", "not an address", role="agent", name="Nobody")
