# ruff: noqa: S608 (two conditions of our own are put into SQL; values are parameters)
"""People of a feed as they are staged: encrypted, and only where a fact changed."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db import connection

from accounts.models import Cardholder
from portal.kit import crypto

FACTS = ("full_name", "id_type", "id_number", "date_of_birth", "mobile", "email", "postal_address")
COLUMN = json.JSONEncoder(ensure_ascii=False, separators=("\n", ":"))  # no cell holds a line's end
PERSON = "{" + ", ".join(f'"{fact}": %s' for fact in sorted(FACTS)) + "}"


def columns(cells: Mapping[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
    """Replace a person's facts by their fingerprint, and by their sealed form unless it is known.

    What a known fingerprint stands for is no change, so its sealed form is never looked at.
    """
    refs = cells["cardholder_ref"]
    known = _known(refs)
    seals, prints = [], []
    for ref, text in zip(refs, texts(cells), strict=True):
        found = crypto.fingerprint(text, purpose=f"person:{ref}")
        prints.append(found)
        seals.append(
            ""
            if known.get(ref) == found
            else crypto.encrypt(text, bound_to=Cardholder.binding(ref))
        )
    return {
        "cardholder_ref": refs, "language": cells["language"],
        "sealed_person": seals, "person_hash": prints,
    }  # fmt: skip


def texts(cells: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Return each person as Person.to_json does (a test compares), a column at a time."""
    columns = [COLUMN.encode(cells[fact])[1:-1].split("\n") for fact in sorted(FACTS)]
    return map(PERSON.__mod__, zip(*columns, strict=True))


def _known(refs: Sequence[str]) -> dict[str, str]:
    """Return the fingerprints of those cardholders who are in the ledger, sealed."""
    every: Any
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            where, every = "ref = ANY(%s)", list(refs)
        else:
            where, every = "ref IN (SELECT value FROM json_each(%s))", json.dumps(list(refs))
        cursor.execute(
            "SELECT ref, person_hash FROM accounts_cardholder "
            f"WHERE {where} AND sealed_person <> ''",
            [every],
        )
        return dict(cursor.fetchall())
