"""Every address as every kind of person, against the table in access_table.py."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.shortcuts import resolve_url
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from portal.records import retention
from portal.records.retention import holds, purges
from tests import people
from tests.access_table import COLUMNS, rows
from tests.accounts.books import account
from tests.accounts.evidence_pages.scene import Scene as EvidenceScene
from tests.addresses import Address, addresses
from tests.plans.scene import Scene, account_of
from tests.records.old import old_contacts

ADDRESSES = addresses()
METHODS = ("GET", "POST")
SECOND_FACTOR = ("mfa_index", "mfa_reauthenticate", "mfa_authenticate", "account_reauthenticate")
CODES = {200: "ok", 400: "bad", 403: "no", 404: "gone"}


def world() -> dict[str, Any]:
    """Return one person for each column."""
    return {
        "stranger": None,
        "other": people.cardholder("other@example.com"),
        "owner": people.cardholder("owner@example.com"),
        "agent": people.staff("agent"),
        "handler": people.staff("complaint_handler"),
        "supervisor": people.staff("supervisor"),
        "auditor": people.staff("auditor"),
    }


# What belongs to the owner and stands in an address, made only when the address names it: by
# "address.part" or by "part". Each entry takes world() and returns the part.
Made = Callable[[dict[str, Any]], Any]


def scene(who: dict[str, Any]) -> Scene:
    return Scene(who["owner"], who["agent"], account_of(who["owner"]))


OWNED: dict[str, Made] = {
    "ref": lambda who: account_of(who["owner"]).ref,
    "plans:offer.number": lambda who: scene(who).offered().number,
    "plans:draft.number": lambda who: scene(who).offered().number,
    "plans:send_code.number": lambda who: scene(who).offered().number,
    "plans:sign.number": lambda who: scene(who).offered().number,
    "plans:decline.number": lambda who: scene(who).offered().number,
    "plans:withdraw_offer.number": lambda who: scene(who).preparing().request.number,
    "plans:agreement.number": lambda who: signed(who).number,
    "plans:agreement_pdf.number": lambda who: signed(who).number,
    "plans:calendar.number": lambda who: signed(who).number,
    "plans:proof.number": lambda who: signed(who).number,
    "plans:draft.language": lambda who: "en",
    "accounts:evidence_request.number": lambda who: evidence(who).number,
    "accounts:evidence_pdf.number": lambda who: evidence(who).number,
    "accounts:evidence_pdf.language": lambda who: "en",
    "accounts:evidence_proof.number": lambda who: evidence(who).number,
    "accounts:evidence_proof.language": lambda who: "en",
    "accounts:evidence_lines.number": lambda who: evidence(who).number,
    "accounts:evidence_line.number": lambda who: evidence(who).number,
    "accounts:evidence_line.line": lambda who: "P-0001",
    "accounts:staff_evidence_request.number": lambda who: evidence(who).number,
    "accounts:retry_evidence.number": lambda who: evidence(who).number,
    "accounts:purge.number": lambda who: purge(who).number,
    "accounts:purge_list.number": lambda who: purge(who).number,
    "accounts:confirm_purge.number": lambda who: purge(who).number,
    "accounts:withdraw_purge.number": lambda who: purge(who).number,
    "accounts:lift_hold.pk": lambda who: hold(who).pk,
    "number": lambda who: scene(who).submitted().number,
}


def purge(who: dict[str, Any]) -> Any:
    old_contacts()
    contacts = retention.CATEGORIES["accounts.contacts"]
    return purges.propose(contacts, by=people.staff("supervisor"), at=now())


def hold(who: dict[str, Any]) -> Any:
    return holds.place("test:1", reason="-", by=who["supervisor"], at=now())


def signed(who: dict[str, Any]) -> Any:
    made = scene(who)
    return made.sign(made.offered())


def evidence(who: dict[str, Any]) -> Any:
    return EvidenceScene(who["owner"], who["agent"], account(who["owner"])).ready(languages=["en"])


def path_of(address: Address, who: dict[str, Any]) -> str:
    values = {
        part: OWNED[key](who)
        for part in address.parts
        for key in [f"{address.name}.{part}" if f"{address.name}.{part}" in OWNED else part]
        if key in OWNED
    }
    return address.path(values)


def answer(response: Any) -> str:
    """Return the cell for what came back."""
    if response.status_code not in (301, 302, 303):
        return CODES.get(response.status_code, str(response.status_code))
    path = urlsplit(response.headers["Location"]).path
    if path == resolve_url("account_request_login_code") or path == reverse("account_login"):
        return "in"
    return "2nd" if path in [reverse(name) for name in SECOND_FACTOR] else "to"


def as_seen(address: Address) -> list[str]:
    """Ask the address as each person in turn and return the rows of the table."""
    who = world()
    path = path_of(address, who)
    seen = []
    for method in METHODS:
        cells = []
        for column in COLUMNS:
            client = Client()
            if who[column] is not None:
                people.sign_in(client, who[column])
            cells.append(answer(client.generic(method, path)))
        seen.append(row(address.name, method, tuple(cells)))
    return seen


def row(name: str, method: str, cells: tuple[str, ...]) -> str:
    return f"{name:<36} {method:<5} " + " ".join(f"{cell:<5}" for cell in cells).rstrip()


pytestmark = pytest.mark.usefixtures("development_seal")  # agreements are sealed


@pytest.mark.django_db
@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.name)
def test_everyone_gets_what_the_table_says(address):
    table = rows()
    expected = [
        row(address.name, method, table[address.name, method])
        for method in METHODS
        if (address.name, method) in table
    ]
    seen = as_seen(address)
    assert expected, "access_table.py has no rows. Now the site answers, right or wrong:\n" + (
        "\n".join(seen)
    )
    assert seen == expected, "\n".join(["now:", *seen, "table:", *expected])


def test_every_row_is_about_an_address():
    known = {address.name for address in ADDRESSES}
    assert not [name for name, _ in rows() if name not in known]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.name)
def test_no_post_passes_without_a_csrf_token(address):
    client = Client(enforce_csrf_checks=True)
    people.sign_in(client, people.cardholder())
    path = address.path(dict.fromkeys(address.parts, "1"))  # refused before anything is looked up
    assert client.post(path).status_code in (403, 405)
