"""Personal facts as staff see them: enough to recognise someone, not enough to use."""

from accounts.models import Person


def masked(text: str, *, start: int = 0, end: int = 0) -> str:
    """Return a text with all but its ends hidden, its length too: 11****34. Empty stays empty."""
    if not text:
        return ""
    shown_end = text[len(text) - end :] if end else ""
    if len(text) <= start + end:
        start, shown_end = min(start, 1), ""
    return f"{text[:start]}****{shown_end}"


def masked_facts(person: Person) -> dict[str, str]:
    """Return name, identity number, mobile and e-mail, masked."""
    address, at, host = person.email.partition("@")
    return {
        "name": masked(person.full_name, start=1),
        "id_number": masked(person.id_number, start=2, end=2),
        "mobile": masked(person.mobile, end=4),
        "email": f"{masked(address, start=1)}{at}{host}",
    }
