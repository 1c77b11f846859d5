"""Files of cases as rows with their bytes, for tests of what reads them."""

from typing import Any

from django.utils.timezone import now

from accounts.files import store
from disputes.models import Dispute, Upload
from portal.records.documents import digest
from tests.disputes import hostile


def kept(dispute: Dispute, status: str = "clean", **changes: Any) -> Upload:
    """A small photo that the worker has looked at; its copy is in the store if it is clean."""
    came, copy = hostile.built("png"), hostile.picture()
    facts: dict[str, Any] = {
        "name": "receipt.png", "kind": "png", "sha256": digest(came), "size": len(came),
        "uploaded_at": now(), "uploaded_by": dispute.started_by, "status": status,
    }  # fmt: skip
    if status == "clean":
        facts |= {
            "copy_sha256": digest(copy), "copy_size": len(copy), "copy_type": "image/jpeg",
            "pages": 1,
        }  # fmt: skip
    upload = Upload.objects.create(dispute=dispute, **facts | changes)
    if status == "clean":
        store.keep(upload.ref, digest(copy), copy)
    if status != "rejected":
        store.keep(upload.ref, store.ORIGINAL, came)
    return upload
