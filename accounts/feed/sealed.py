# ruff: noqa: S608 (two conditions of our own are put into SQL; values are parameters)
"""People of a feed as they are staged: encrypted, and only where a fact changed."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from accounts.models import Cardholder
from portal.kit import crypto

FACTS = ("full_name", "id_type", "id_number", "date_of_birth", "mobile", "email", "postal_address")
PERSON = json.JSONEncoder(ensure_ascii=False, sort_keys=True)  # as Person.to_json: a test compares


def columns(cells: Mapping[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
    """Replace a person's facts by their fingerprint, and by their sealed form unless it is known.

    What a known fingerprint stands for is no change, so its sealed form is never looked at.
    """
    refs = cells["cardholder_ref"]
    known = _known(refs)
    seals, prints = [], []
    for ref, *facts in zip(refs, *(cells[fact] for fact in FACTS), strict=True):
        text = PERSON.encode(dict(zip(FACTS, facts, strict=True)))
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


def _known(refs: Sequence[str]) -> dict[str, str]:
    """Return the fingerprints of those cardholders who are in the ledger."""
    every: Any
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            where, every = "ref = ANY(%s)", list(refs)
        else:
            where, every = "ref IN (SELECT value FROM json_each(%s))", json.dumps(list(refs))
        cursor.execute(f"SELECT ref, person_hash FROM accounts_cardholder WHERE {where}", [every])
        return dict(cursor.fetchall())
