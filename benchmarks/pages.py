"""CPU of a cardholder's pages against the same request that only signs someone in.

    DATABASE_URL=postgres://… REDIS_URL=redis://… python benchmarks/pages.py [--rounds 300]

One process, request by request in turn: "auth-bare", a view behind the same middleware, session and
user that answers 20 KB of constant HTML; the account page with 30 ledger rows for the first time
(what is kept of it is thrown away) and again; the overview and how to pay. Prints the median CPU of
each and the median over the rounds of auth-bare / page: 1.0 would mean that a page costs nothing
beyond being signed in. Makes its rows in a test database and drops it.
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
WARM_UP = 20  # rounds that are not counted
ACCOUNT = "/arrears/AC0001/"
ASKED = {  # in this order, each round
    "auth-bare": "/bare/",
    "account, first": ACCOUNT,
    "account, again": ACCOUNT,
    "overview": "/arrears/",
    "pay": f"{ACCOUNT}pay/",
}


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


def cpu(client: object, name: str) -> float:
    """Return the seconds of CPU that one request takes."""
    from accounts.account_page import KEPT

    if name.endswith("first"):
        KEPT.clear()
    start = time.process_time()
    response = client.get(ASKED[name])  # type: ignore[attr-defined]
    spent = time.process_time() - start
    assert response.status_code == 200, response.status_code
    if name.startswith("account"):
        assert response.content.count(b"<tr><td>") >= ROWS
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=300)
    rounds = parser.parse_args().rounds
    prepare()
    from django.db import connection

    database = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        client = make_account()
        measured = [{name: cpu(client, name) for name in ASKED} for _ in range(WARM_UP + rounds)]
    finally:
        connection.creation.destroy_test_db(database, verbosity=0)
    print(f"{connection.vendor}, median of {rounds} rounds: CPU, and auth-bare / page")
    for name in ASKED:
        taken = [each[name] for each in measured[WARM_UP:]]
        ratio = median(each["auth-bare"] / each[name] for each in measured[WARM_UP:])
        print(f"{name:16}{median(taken) * 1e3:7.2f} ms {ratio:6.2f}")


if __name__ == "__main__":
    main()
