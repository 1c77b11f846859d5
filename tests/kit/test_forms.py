"""The fields of the kit against everything in cases.py, and the list the bank's testers keep."""

import json
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.http import QueryDict

from portal.kit import forms as kit
from portal.kit.errors import Refused
from tests.kit.cases import ACCEPT, FIELDS, REFUSE

GOOD = [(field, typed, value) for field, rows in ACCEPT.items() for typed, value in rows]
BAD = [(field, typed) for field, rows in REFUSE.items() for typed in rows]


@pytest.mark.parametrize(("field", "typed", "value"), GOOD, ids=lambda v: repr(v)[:40])
def test_what_a_person_would_write_is_read(field, typed, value):
    assert FIELDS[field]().clean(typed) == value


@pytest.mark.parametrize(("field", "typed"), BAD, ids=lambda v: repr(v)[:40])
def test_anything_else_is_refused_with_a_sentence(field, typed):
    with pytest.raises(forms.ValidationError) as refused:
        FIELDS[field]().clean(typed)
    for message in refused.value.messages:
        assert len(message) > 5
        assert "%(" not in message
        assert len(message) < 200  # the text typed is not thrown back


@pytest.mark.parametrize("field", list(FIELDS))
def test_a_field_that_may_stay_empty_may(field):
    made = FIELDS[field]()
    made.required = False
    assert made.clean("") in (None, "")


@pytest.mark.parametrize("field", ["amount", "months", "date"])
def test_a_value_sent_twice_is_refused(field):
    """amount=1&amount=9999: neither may win."""
    good = ACCEPT[field][0][0]
    form = type("F", (forms.Form,), {field: FIELDS[field]()})(
        QueryDict(f"{field}={good}&{field}=2")
    )
    assert not form.is_valid()


def test_a_form_shows_again_what_was_typed():
    form = type("F", (forms.Form,), {"amount": FIELDS["amount"]()})(QueryDict("amount=1e5"))
    assert 'value="1e5"' in str(form["amount"])


@pytest.mark.parametrize(
    ("currency", "typed", "good"),
    [("JPY", "1234", True), ("JPY", "12.5", False), ("JPY", "12.", False), ("KWD", "1.234", True),
     ("KWD", "1.2345", False), ("USD", "US$5", True), ("USD", "¥5", False), ("GBP", "£5.50", True)],
)  # fmt: skip
def test_an_amount_has_the_places_and_the_sign_of_its_currency(currency, typed, good):
    field = kit.MoneyField(currency=currency)
    if good:
        assert field.clean(typed) > 0
    else:
        with pytest.raises(forms.ValidationError):
            field.clean(typed)


def test_bounds_set_later_are_named_in_the_message():
    field = kit.MoneyField()
    field.least, field.most = 100, 500
    with pytest.raises(forms.ValidationError, match=r"100.*500"):
        field.clean("501")


def test_a_refusal_is_said_with_its_figures():
    assert (
        kit.said(Refused("X-1", "From %(least)s to %(most)s.", least=1, most=9)) == "From 1 to 9."
    )


# The testers' list, where it lies beside the checkout. Ours differ from it on purpose here:
OTHERWISE = {"AMT-041": "accept"}  # one leading ¥ is taken off
NAMES = {"form.amount": "amount", "form.int": "months", "form.date": "date", "form.email": "email"}
SHARED = Path(settings.BASE_DIR).parent / "shared" / "data" / "bad_inputs.json"


def listed_by_testers():
    entries = json.loads(SHARED.read_text()) if SHARED.exists() else []
    for entry in entries:
        recipe = entry.get("recipe", {})
        if recipe.get("gen") == "rep":
            typed = recipe.get("pre", "") + recipe["s"] * recipe["n"] + recipe.get("post", "")
        elif "input" in entry:
            typed = entry["input"]
        else:
            continue
        field = NAMES.get(entry["area"]) or entry.get("field", "")
        if entry["area"].startswith("form.") and field in FIELDS:
            wanted = OTHERWISE.get(entry["id"], entry["expected"]["outcome"])
            yield pytest.param(field, typed, wanted, id=entry["id"])


@pytest.mark.parametrize(("field", "typed", "wanted"), list(listed_by_testers()))
def test_the_testers_list(field, typed, wanted):
    if wanted == "accept":
        FIELDS[field]().clean(typed)
    else:
        with pytest.raises(forms.ValidationError):
            FIELDS[field]().clean(typed)
