"""Who gets what at every address: read by test_access.py, which fails for an address without rows.

Cells: ok (200) · in (to the sign-in page) · 2nd (to the second factor) · to (another redirect) ·
no (403) · gone (404) · bad (400) · 405 · 409 · 410 · 429. One row for GET and one for POST.
POSTs are sent empty, with a valid CSRF token taken as given: what is asked is who may, not what.

owner is the cardholder whose objects stand in the address, other another cardholder; staff have
a second factor. For the addresses of staff pages about the owner, every cardholder gets a 403.
"""

# Parts of addresses that are the same for everybody. What belongs to the owner: test_access.world.
VALUES: dict[str, str] = {"key": "unknown", "uidb36": "1", "pk": "999999"}

COLUMNS = ("stranger", "other", "owner", "agent", "handler", "supervisor", "auditor")

#    address                           method stranger other owner agent handler superv. auditor
TABLE = """
"""


def rows() -> dict[tuple[str, str], tuple[str, ...]]:
    """Return {(address, method): cells in the order of COLUMNS}."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for line in TABLE.strip().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, method, *cells = line.split()
        assert len(cells) == len(COLUMNS), f"{line}: {len(COLUMNS)} cells are needed"
        assert (name, method) not in found, f"{name} {method} has two rows"
        found[name, method] = tuple(cells)
    return found
