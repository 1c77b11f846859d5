"""Made feeds: the same bytes from the same seed, and nothing in them that a load would reject."""

import csv
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from accounts import queries
from accounts.feed import make
from accounts.feed.load import import_feed
from accounts.feed.made_people import archetypes
from accounts.feed.make import write_feed
from accounts.models import CardAccount, Cardholder, ContactAttempt, OverdueRecord, Posting
from tests.accounts.feedbox import NOON

UCI = Path(__file__).parents[3] / "shared" / "data" / "uci-1-20000"
AS_OF = date(2026, 11, 21)


def made(folder, seed=1, accounts=60, **options):
    write_feed(folder, accounts=accounts, seed=seed, as_of=AS_OF, **options)
    return folder


def loaded(folder, **options):
    return import_feed(folder, by=None, at=NOON, **options)


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    one, two, other = made(tmp_path / "a"), made(tmp_path / "b"), made(tmp_path / "c", seed=2)
    for path in one.iterdir():
        assert path.read_bytes() == (two / path.name).read_bytes()
    assert (one / "postings.csv").read_bytes() != (other / "postings.csv").read_bytes()


def test_a_folder_with_a_feed_is_not_written_over(tmp_path):
    made(tmp_path / "a")
    with pytest.raises(FileExistsError):
        made(tmp_path / "a", seed=2)


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_made_feed_has_no_rejects(tmp_path, seed):
    report = loaded(made(tmp_path / "a", seed=seed, accounts=150), only_check=True)
    assert sum(c.rejected for c in report.files.values()) == 0
    assert report.files["card_accounts"].added == 150


@pytest.mark.django_db
@pytest.mark.parametrize("months", [1, 3, 25])
def test_any_number_of_months_and_another_currency(tmp_path, months):
    folder = made(tmp_path / "a", months=months, currency="JPY", special=False)
    assert loaded(folder).outcome == "loaded"


@pytest.mark.django_db
def test_the_fixed_accounts_are_what_the_docstring_says(tmp_path):
    loaded(made(tmp_path / "a"))
    account = {a.pk: a for a in CardAccount.objects.all()}
    at = {number: queries.position(account[pk]) for number, pk in enumerate(sorted(account), 1)}
    missed = {1: 2, 2: 0, 3: 0, 4: 0, 5: 7, 6: 1, 7: 0, 8: 0, 9: 3, 10: 1, 11: 0, 12: 3}
    assert {number: at[number].missed for number in missed} == missed
    assert at[3].balance < 0
    assert not CardAccount.objects.get(ref="A0000004").statements.exists()
    assert CardAccount.objects.get(ref="A0000005").held_by == "AG1"
    six, seven = (CardAccount.objects.get(ref=f"A000000{n}") for n in (6, 7))
    assert (six.cardholder, six.currency, seven.currency) == (seven.cardholder, "CNY", "USD")
    assert Cardholder.objects.get(ref="C0000009").person.full_name == "示例䶮𠮷"
    assert CardAccount.objects.get(ref="A0000010").currency == "JPY"
    assert OverdueRecord.objects.filter(account__ref="A0000011", overdue_amount__gt=0).count() == 1
    assert Posting.objects.filter(account__ref="A0000012", kind="reversal").exists()
    night = ContactAttempt.objects.filter(account__ref="A0000012", at__hour__in=[6, 22, 23])
    assert night.exists()
    calls = ContactAttempt.objects.filter(account__ref="A0000005", channel="call", by="AG1")
    assert calls.filter(at__date=AS_OF - timedelta(days=3)).count() == 5
    assert calls.filter(at__date=AS_OF - timedelta(days=2), at__hour=22).count() == 1


def test_the_sixth_account_is_charged_twenty_too_much_interest_and_still_adds_up(tmp_path):
    told = [s if s.holder.ref != "C0000006" else replace(s, overcharge=0) for s in archetypes()]
    with_it = sixth(made(tmp_path / "a", accounts=12))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(make, "archetypes", lambda: told)
        without = sixth(made(tmp_path / "b", accounts=12))
    changed = [(one, two) for one, two in zip(with_it, without, strict=True) if one != two]
    [(bank, ours)] = [pair for pair in changed if pair[0].get("kind") == "interest"]
    assert Decimal(bank["amount"]) - Decimal(ours["amount"]) == 20
    last = [row for row in with_it if row.get("closing_balance")][-1]
    assert bank["posted_on"] == last["statement_on"]
    upto = [r for r in with_it if r.get("amount") and r["posted_on"] <= last["statement_on"]]
    assert sum(Decimal(row["amount"]) for row in upto) == Decimal(last["closing_balance"])


def sixth(folder):
    """The postings and statements of A0000006, as rows."""
    found = []
    for name in ("postings.csv", "statements.csv"):
        with (folder / name).open(encoding="utf-8", newline="") as lines:
            found += [row for row in csv.DictReader(lines) if row["account_ref"] == "A0000006"]
    return found


@pytest.mark.django_db
def test_the_fixed_people_have_no_e_mail_address_and_known_days_of_birth(tmp_path):
    loaded(made(tmp_path / "a", accounts=12))
    for story in archetypes():
        person = Cardholder.objects.get(ref=story.holder.ref).person
        assert (person.email, person.date_of_birth) == ("", story.holder.born_on)
        assert person.id_number.startswith("000000")


@pytest.mark.django_db
def test_records_agree_with_the_ledger_but_the_wrong_one(tmp_path):
    from django.conf import settings

    from accounts import rules
    from portal.packs import load

    loaded(made(tmp_path / "a", accounts=40))
    rule = load(settings.JURISDICTION, on=AS_OF)["allocation.principal_first_from"]
    wrong = set()
    for record in OverdueRecord.objects.select_related("account").order_by("pk"):
        account = record.account
        position = rules.position(
            currency=account.currency, as_of=record.reported_on, bills=queries.bills(account),
            movements=queries.movements(account), holds=[], daily_rate=account.daily_rate,
            interest_basis=account.interest_basis, principal_first_from=rule,
        )  # fmt: skip
        if (position.overdue, position.days_past_due) != (
            record.overdue_amount, record.days_past_due):  # fmt: skip
            wrong.add(account.ref)
    assert wrong == {"A0000011"}


@pytest.mark.django_db
@pytest.mark.skipif(not UCI.exists(), reason="shared data absent")
def test_the_public_table_in_our_format_has_no_rejects():
    report = loaded(UCI, only_check=True)
    assert sum(c.rejected for c in report.files.values()) == 0
    assert report.files["postings"].rows == 182_332
