"""Files that were handed in, as rows with their bytes, for tests of what reads them."""

from typing import Any

from django.core.files.storage import storages
from django.utils.timezone import now

from accounts.files import store
from accounts.files.model import AbstractUpload
from accounts.models import User
from disputes.models import Dispute, Upload
from plans.models import Paper, PlanRequest
from portal.records.documents import digest
from tests import hostile


def kept(dispute: Dispute, status: str = "clean", **changes: Any) -> Upload:
    """A small photo of a case that the worker has looked at."""
    return entered(Upload(dispute=dispute), status, by=dispute.started_by, **changes)


def sent(request: PlanRequest, status: str = "clean", **changes: Any) -> Paper:
    """A small photo that went with a request, and that the worker has looked at."""
    holder = request.account.cardholder
    paper = entered(Paper(cardholder=holder, sensitive=True), status, by=holder.user, **changes)
    paper.requests.add(request)
    return paper


def entered(upload: Any, status: str = "clean", *, by: User, **changes: Any) -> Any:
    """Enter a file as if the worker had looked at it; its copy is in the store if it is clean."""
    came, copy = hostile.built("png"), hostile.picture()
    facts: dict[str, Any] = {
        "name": "receipt.png", "kind": "png", "sha256": digest(came), "size": len(came),
        "uploaded_at": now(), "uploaded_by": by, "status": status,
    }  # fmt: skip
    if status == AbstractUpload.Status.CLEAN:
        facts |= {
            "copy_sha256": digest(copy), "copy_size": len(copy), "copy_type": "image/jpeg",
            "pages": 1,
        }  # fmt: skip
    for name, value in (facts | changes).items():
        setattr(upload, name, value)
    upload.save()
    if status == AbstractUpload.Status.CLEAN:
        store.keep(upload.ref, digest(copy), copy)
    if status != AbstractUpload.Status.REJECTED:
        store.keep(upload.ref, store.ORIGINAL, came)
    return upload


def stored() -> list[str]:
    """What lies in the store of evidence."""
    disk = storages["evidence"]
    try:
        return [f"{d}/{f}" for d in disk.listdir("")[0] for f in disk.listdir(d)[1]]
    except FileNotFoundError:
        return []
