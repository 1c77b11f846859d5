"""Why a file could not be used, and what its owner can do: one sentence or two for each code."""

from django.utils.translation import gettext

from accounts.files import limits
from portal.kit.errors import gettext_noop

_ACTIVE = gettext_noop(
    "This PDF can do something by itself when it is opened, so we hold it back. That is often "
    "harmless. Print it into a new PDF, or take a photo of the pages, and send that."
)
_NOT_CHECKED = gettext_noop(
    "We could not check this file safely, so we hold it back. "
    "Send a photo or a screenshot of it instead."
)
PROBLEMS = {
    # said at once, nothing is kept; or found by the worker: rejected
    "empty": gettext_noop("The file is empty. Choose it again, or take the photo again."),
    "large": gettext_noop(
        "The file must be smaller than %(megabytes)s MB. Send a screenshot or a smaller photo of "
        "it, or a PDF with only the pages that matter."
    ),
    "kind": gettext_noop(
        "We can read photos (JPEG, PNG, WebP, HEIC) and PDF files, and this is none of them. "
        "Save or print it as a PDF, or take a photo of it."
    ),
    "broken": gettext_noop(
        "The file is damaged or did not arrive whole. Open it on your device to see whether it "
        "shows, then choose it again, or take a new photo."
    ),
    "heic": gettext_noop(
        "We cannot read this HEIC photo. Send it as JPEG: on an iPhone choose “Most Compatible” "
        "under Settings, Camera, Formats and take it again, or send a screenshot of it."
    ),
    "pixels": gettext_noop(
        "The picture has more than %(megapixels)s million pixels. Send a smaller one, or a "
        "screenshot of it."
    ),
    "locked": gettext_noop(
        "The PDF is protected by a password. Print it into a new PDF without a password, or take "
        "a photo of the pages."
    ),
    "pages": gettext_noop(
        "The PDF has more than %(pages)s pages. Send only the pages that matter."
    ),
    # held back: quarantined
    "script": _ACTIVE,
    "action": _ACTIVE,
    "form": _ACTIVE,
    "media": _ACTIVE,
    "attachment": gettext_noop(
        "Another file hides in this PDF, so we hold it back. That is often harmless. Print it "
        "into a new PDF, and send other files each by itself."
    ),
    "swells": gettext_noop(
        "This PDF grows so large when it is opened that we hold it back. Print it into a new PDF, "
        "or take a photo of the pages."
    ),
    "virus": gettext_noop(
        "Our virus check stopped this file, so nobody opens it. Send a photo or a screenshot of "
        "it instead. It is a good idea to have your device checked, too."
    ),
    "time": _NOT_CHECKED,
    "memory": _NOT_CHECKED,
    "killed": _NOT_CHECKED,
    "crashed": _NOT_CHECKED,
}
LIMITS = {
    "megabytes": limits.LARGEST // limits.MEGABYTE,
    "megapixels": limits.MOST_PIXELS // 1_000_000,
    "pages": limits.MOST_PAGES,
}


def said(problem: str) -> str:
    """Return a code's words in the reader's language; an unknown code gets general ones."""
    return gettext(PROBLEMS.get(problem, _NOT_CHECKED)) % LIMITS
