"""Every address as every kind of person, against the table in access_table.py."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.shortcuts import resolve_url
from django.test import Client
from django.urls import reverse

from tests import people
from tests.access_table import COLUMNS, rows
from tests.addresses import Address, addresses

ADDRESSES = addresses()
METHODS = ("GET", "POST")
SECOND_FACTOR = ("mfa_index", "mfa_reauthenticate", "mfa_authenticate", "account_reauthenticate")
CODES = {200: "ok", 400: "bad", 403: "no", 404: "gone"}


def world() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return (who, values): one person for each column, and what belongs to the owner.

    Add what an address names: values["account_ref"], or values["plans:sign.pk"] for one address.
    """
    who: dict[str, Any] = {
        "stranger": None,
        "other": people.cardholder("other@example.com"),
        "owner": people.cardholder("owner@example.com"),
        "agent": people.staff("agent"),
        "handler": people.staff("complaint_handler"),
        "supervisor": people.staff("supervisor"),
        "auditor": people.staff("auditor"),
    }
    return who, {}


def answer(response: Any) -> str:
    """Return the cell for what came back."""
    if response.status_code not in (301, 302, 303):
        return CODES.get(response.status_code, str(response.status_code))
    path = urlsplit(response.headers["Location"]).path
    if path == resolve_url("account_request_login_code") or path == reverse("account_login"):
        return "in"
    return "2nd" if path in [reverse(name) for name in SECOND_FACTOR] else "to"


def as_seen(address: Address, method: str) -> tuple[str, ...]:
    """Ask the address as each person in turn."""
    who, values = world()
    path = address.path(values)
    cells = []
    for column in COLUMNS:
        client = Client()
        if who[column] is not None:
            people.sign_in(client, who[column])
        cells.append(answer(client.generic(method, path)))
    return tuple(cells)


def row(name: str, method: str, cells: tuple[str, ...]) -> str:
    return f"{name:<36} {method:<5} " + " ".join(f"{cell:<5}" for cell in cells).rstrip()


@pytest.mark.django_db
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.name)
def test_everyone_gets_what_the_table_says(address, method):
    expected = rows().get((address.name, method))
    seen = as_seen(address, method)
    assert not [cell for cell in seen if cell.startswith("5")], row(address.name, method, seen)
    assert expected is not None, (
        f"access_table.py has no row for {address.name}. The site answers, right or wrong:\n"
        + row(address.name, method, seen)
    )
    assert row(address.name, method, seen) == row(address.name, method, expected)


def test_every_row_is_about_an_address():
    known = {address.name for address in ADDRESSES}
    assert not [name for name, _ in rows() if name not in known]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.name)
def test_no_post_passes_without_a_csrf_token(address):
    who, values = world()
    client = Client(enforce_csrf_checks=True)
    people.sign_in(client, who["owner"])
    assert client.post(address.path(values)).status_code in (403, 404, 405)
