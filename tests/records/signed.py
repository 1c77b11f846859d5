"""Documents that a passkey signed, or seems to have signed: our seal is good on all of them."""

import json
from functools import lru_cache
from typing import Any

from portal.records import documents, sealing
from tests.passkeys import Device
from tests.records import samples
from tests.records.samples import AT, draft


@lru_cache
def device(name: str = "device") -> Device:
    return Device(name)


def record_of(data: bytes, **facts: Any) -> dict[str, Any]:
    """An acceptance of `data` by passkey, with some facts in it replaced."""
    about = {"draft_length": len(draft())}
    return device().accepted(documents.digest(data)) | about | facts


def sealed_with(record: dict[str, Any], *, on: bytes | None = None) -> bytes:
    """Attach a record to a draft and seal it, whatever it says."""
    held = sealing.attach(
        on or draft(), name="acceptance.json", data=json.dumps(record).encode(),
        description="签署记录", at=AT,
    )  # fmt: skip
    return sealing.seal(held, at=AT, reason="电子印章")


@lru_cache
def by_passkey() -> bytes:
    return sealed_with(record_of(draft()))


def of_another_draft() -> bytes:
    return sealed_with(record_of(draft(4)))


def under_this_hash() -> bytes:
    """The signature of another document, in a record that names this one."""
    return sealed_with(record_of(draft(4), draft_sha256=documents.digest(draft())))


def by_another_key() -> bytes:
    record = record_of(draft())
    stranger = device("stranger").accepted(documents.digest(draft()))["passkey"]["public_key"]
    record["passkey"] = record["passkey"] | {"public_key": stranger}
    return sealed_with(record)


def with_a_page_more() -> bytes:
    """What was signed is there; a page was added before the seal."""
    return sealed_with(record_of(draft()), on=samples.add_page(draft()))
