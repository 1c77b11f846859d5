"""How a file's name is shown and offered. Nothing is ever stored under the name it came with."""

import re
import unicodedata

LONGEST = 120  # characters
DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])", re.IGNORECASE)
ENDINGS = {"image/jpeg": ".jpg", "image/png": ".png", "application/pdf": ".pdf"}


def shown(name: str) -> str:
    """Return a name that is safe to show and to save under on any system; never empty."""
    text = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    text = "".join("" if unicodedata.category(c)[0] == "C" else c for c in text)
    text = text.replace('"', "")
    text = re.sub(r"[<>:|?*]", "_", re.sub(r"\s+", " ", text)).rstrip(". ").lstrip()
    stem, dot, ending = text.rpartition(".")
    if not dot or len(ending) > 10:
        stem, ending = text, ""
    stem = stem.strip() or "file"
    if DEVICES.fullmatch(stem.partition(".")[0].strip()):
        stem = f"_{stem}"
    ending = f".{ending}" if ending else ""
    return stem[: LONGEST - len(ending)].rstrip() + ending


def offered(name: str, media_type: str) -> str:
    """Return the name of our copy: what was a HEIC is a JPEG now."""
    ending = ENDINGS[media_type]
    stem, dot, was = name.rpartition(".")
    return (stem if dot and len(was) <= 10 else name) + ending
