"""The law as data."""

from datetime import date, timedelta

import pytest

from portal import packs

LAWS = ["cn", "us", "uk"]


@pytest.mark.parametrize("law", LAWS)
def test_a_pack_loads_on_any_day_a_rule_begins_or_ends(law):
    turns = {day for rule in packs._all(law) for day in (rule.start, rule.end) if day}
    for day in turns | {date(2026, 1, 1)}:
        for on in (day - timedelta(days=1), day):
            packs.load(law, on=on)


@pytest.mark.parametrize("law", LAWS)
def test_every_rule_says_where_it_comes_from(law):
    for rule in packs._all(law):
        assert rule.source.strip(), rule.id
        assert rule.unit.strip(), rule.id
        assert rule.id.startswith(law.upper()), rule.id
        assert rule.end is None or rule.start < rule.end, rule.id


@pytest.mark.parametrize("law", LAWS)
def test_an_id_names_one_rule(law):
    named: dict[str, str] = {}
    for rule in packs._all(law):
        assert named.setdefault(rule.id, rule.name) == rule.name


def test_an_unknown_jurisdiction_is_an_error():
    with pytest.raises(FileNotFoundError):
        packs.load("xx", on=date(2026, 1, 1))


def test_the_longest_plan_in_china_is_five_years():
    rule = packs.load("cn", on=date(2026, 11, 1))["plan.longest"]
    assert (rule.id, rule.value, rule.unit) == ("CN-PLAN-02", 60, "months")


def test_before_its_first_day_a_rule_does_not_hold():
    rule = packs.load("cn", on=date(2026, 11, 1))["plan.longest"]
    with pytest.raises(KeyError):
        packs.load("cn", on=rule.start - timedelta(days=1))["plan.longest"]


def rule(**fields):
    return packs.Rule(
        **{"id": "X-1", "name": "n", "value": 1, "unit": "u", "source": "s", "grade": "A",
           "start": date(2026, 1, 1)} | fields
    )  # fmt: skip


def test_two_rules_of_one_name_on_one_day_are_refused(monkeypatch):
    packs.load.cache_clear()
    monkeypatch.setattr(packs, "_all", lambda law: (rule(), rule(id="X-2")))
    with pytest.raises(ValueError, match="twice"):
        packs.load("zz", on=date(2026, 1, 1))


def test_the_day_a_rule_ends_the_next_one_holds(monkeypatch):
    packs.load.cache_clear()
    change = date(2026, 7, 1)
    both = (rule(end=change), rule(id="X-2", value=2, start=change))
    monkeypatch.setattr(packs, "_all", lambda law: both)
    assert packs.load("zz", on=change - timedelta(days=1))["n"].value == 1
    assert packs.load("zz", on=change)["n"].value == 2
    packs.load.cache_clear()
