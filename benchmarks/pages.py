"""CPU of the account page against the same request that only signs someone in.

    DATABASE_URL=postgres://… python benchmarks/pages.py [--pairs 300]

One process, request by request in turn: the account page with 30 ledger rows, and "auth-bare", a
view behind the same middleware, session and user that answers 20 KB of constant HTML. Prints the
median CPU of each, and the median of the pairs' ratios auth-bare / page: 1.0 would mean that the
page costs nothing beyond being signed in. Makes its rows in a test database and drops it.
"""

import argparse
import os
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from statistics import median
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
ROWS = 30
WARM_UP = 20  # pairs that are not counted


def prepare() -> None:
    sys.path.insert(0, str(ROOT))
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "portal.settings", "HTTPS": "0", "DEMO": "0", "DEBUG": "0",
        "SECRET_KEY": "only-for-benchmarks-" + "x" * 40, "FIELD_KEYS": "test:" + "A" * 43 + "=",
        "VAR_DIR": tempfile.mkdtemp(prefix="portal-benchmark-"), "LOG_LEVEL": "CRITICAL",
    }  # fmt: skip
    Path(os.environ["VAR_DIR"], "static").mkdir()
    import django

    django.setup()
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["*"]
    settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )
    settings.ROOT_URLCONF = addresses().__name__


def addresses() -> ModuleType:
    """Return the site's addresses and one more: /bare/."""
    from django.http import HttpRequest, HttpResponse
    from django.urls import path

    from portal.urls import urlpatterns

    body = "<!doctype html><title>Bare</title>" + "<p>Constant.</p>" * 1280

    def bare(request: HttpRequest) -> HttpResponse:
        assert request.user.is_authenticated
        return HttpResponse(body)

    module = ModuleType("benchmark_urls")
    module.urlpatterns = [path("bare/", bare), *urlpatterns]  # type: ignore[attr-defined]
    sys.modules[module.__name__] = module
    return module


def make_account() -> object:
    """A signed-in browser whose cardholder has an account with 30 rows in the usual period."""
    from django.test import Client

    from tests.accounts.books import account, post, report
    from tests.people import cardholder, sign_in

    user = cardholder()
    held = account(user)
    held.postings.all().delete()
    kinds = [("purchase", 100), ("repayment", -50), ("interest", 3)]
    for i in range(ROWS):
        kind, amount = kinds[i % 3]
        on = date(2026, 9 + i % 3, 1 + i % 19)
        post(held, str(i), on.isoformat(), kind, amount, merchant=f"Example shop {i}")
    for month in range(1, 7):
        report(held, f"2026-{month:02}")
    return sign_in(Client(), user)


def cpu(client: object, address: str) -> float:
    start = time.process_time()
    response = client.get(address)  # type: ignore[attr-defined]
    spent = time.process_time() - start
    assert response.status_code == 200, response.status_code
    if address != "/bare/":
        assert response.content.count(b"<tr><td>") >= ROWS
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=300)
    pairs = parser.parse_args().pairs
    prepare()
    from django.db import connection

    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        client = make_account()
        times = [(cpu(client, "/bare/"), cpu(client, "/arrears/AC0001/"))
                 for _ in range(WARM_UP + pairs)][WARM_UP:]  # fmt: skip
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
    bare, page = median(t[0] for t in times), median(t[1] for t in times)
    print(f"{connection.vendor}: auth-bare {bare * 1e3:.2f} ms, account page {page * 1e3:.2f} ms")
    print(f"ratio auth-bare / page: {median(b / p for b, p in times):.2f} (median of {pairs})")


if __name__ == "__main__":
    main()
