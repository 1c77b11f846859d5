"""Fixtures for all tests: a harness that finds faults nobody asked about."""

import os
import shutil
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.template import engines
from django.test import Client

from accounts.account_page import KEPT
from plans import document
from portal.records.seal_key import make_development_seal
from tests.pages import Undefined, check_page

OF_BYTES = {
    "test_assertion", "test_draw_sealed", "test_pdf", "test_pkcs11", "test_proof_passkey",
    "test_seal_status", "test_tamper", "test_typeset", "test_typeset_file", "test_typeset_pages",
    "test_verification",
}  # fmt: skip
LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")  # noqa: S104  (live_server binds it)


template = os.environ.get("TEST_TEMPLATE", "")  # a migrated database to begin with (bin/test)


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_modify_db_settings: None) -> bool:
    """Begin with a copy of the migrated file; PostgreSQL has a word of its own for it."""
    if not template or connection.vendor != "sqlite":
        return False
    shutil.copyfile(template, settings.DATABASES["default"]["TEST"]["NAME"])
    return True


def pytest_configure() -> None:
    # Manifest storage needs collectstatic; tests read the sources. Tasks run where they are called.
    settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )
    settings.CELERY_TASK_ALWAYS_EAGER = True
    settings.CELERY_TASK_EAGER_PROPAGATES = True
    database = settings.DATABASES["default"]["TEST"]
    if connection.vendor == "sqlite":  # a file: threads lock each other out of one in memory
        database["NAME"] = settings.VAR_DIR / "test.sqlite3"
    elif template:
        database["TEMPLATE"] = template
    let_flush_pass_the_guards()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In the second round, leave out what is not about rows: it said its word on SQLite."""
    if connection.vendor == "sqlite":
        return
    kept = [item for item in items if touches_database(item) and not of_bytes(item)]
    left = [item for item in items if item not in set(kept)]
    items[:] = kept
    config.hook.pytest_deselected(items=left)


def of_bytes(item: pytest.Item) -> bool:
    """Its subject is what is in a file, a seal or a timestamp; rows are read only to compare."""
    return item.path.parent.name == "records" and item.path.stem in OF_BYTES


def touches_database(item: pytest.Item) -> bool:
    used = set(getattr(item, "fixturenames", ()))
    fixtures = {"db", "transactional_db", "live_server", "client", "admin_client", "settings"}
    return bool(item.get_closest_marker("django_db") or used & fixtures)


def let_flush_pass_the_guards() -> None:
    """Transactional tests empty every table at their end; the audit trail's triggers refuse."""
    operations = type(connection.ops)
    flush = operations.execute_sql_flush

    def flush_unguarded(self: Any, statements: list[str]) -> None:
        with self.connection.cursor() as cursor:
            if self.connection.vendor == "postgresql":
                cursor.execute("SET session_replication_role = replica")
                flush(self, statements)
                cursor.execute("SET session_replication_role = DEFAULT")
                return
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
            for name, _ in triggers:
                cursor.execute(f"DROP TRIGGER {name}")
            flush(self, statements)
            for _, sql in triggers:
                cursor.execute(sql)

    operations.execute_sql_flush = flush_unguarded


@pytest.fixture(scope="session", autouse=True)
def undefined_variables_fail() -> None:
    engines["django"].engine.string_if_invalid = Undefined("undefined")


@pytest.fixture(scope="session", autouse=True)
def only_loopback() -> Iterator[None]:
    """No test reaches another machine; asking for its address fails already."""
    patch = pytest.MonkeyPatch()

    def near(host: Any) -> bool:
        text = host.decode() if isinstance(host, bytes) else host
        return not text or str(text).startswith(LOOPBACK)

    def guarded(original: Any) -> Any:
        def call(self: socket.socket, address: Any, *rest: Any) -> Any:
            if self.family != socket.AF_UNIX and not near(address[0]):
                raise RuntimeError(f"A test reached for {address}")
            return original(self, address, *rest)

        return call

    find = socket.getaddrinfo

    def getaddrinfo(host: Any, *rest: Any, **named: Any) -> Any:
        if not near(host):
            raise RuntimeError(f"A test asked for the address of {host}")
        return find(host, *rest, **named)

    patch.setattr(socket, "getaddrinfo", getaddrinfo)
    for name in ("connect", "connect_ex"):
        patch.setattr(socket.socket, name, guarded(getattr(socket.socket, name)))
    yield
    patch.undo()


@pytest.fixture(autouse=True)
def empty_cache(request: pytest.FixtureRequest) -> None:
    """Limits counted in one test do not reach the next. A table's rows are rolled back anyway."""
    marker = request.node.get_closest_marker("django_db")
    really_commits = {"transactional_db", "live_server"} & set(request.fixturenames) or (
        marker and (marker.kwargs.get("transaction") or marker.args[:1] == (True,))
    )
    if settings.REDIS_URL:
        cache.clear()
    elif really_commits:
        request.getfixturevalue("transactional_db")
        cache.clear()


@pytest.fixture
def own_store(settings: Any, tmp_path: Path) -> None:
    """A store of evidence of the test's own, and a folder for files on their way in."""
    settings.STORAGES = {
        **settings.STORAGES,
        "evidence": {
            "BACKEND": "portal.kit.storage.WriteOnceFileStorage",
            "OPTIONS": {"location": tmp_path / "evidence"},
        },
    }
    settings.INCOMING_DIR = tmp_path / "incoming"


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    """Ids come again after a rollback, and rows made by a test raise no feed."""
    KEPT.clear()


@pytest.fixture(autouse=True)
def pages_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page any test client gets is looked through: tests/pages.py."""
    get = Client.request

    def request(self: Client, **environ: Any) -> Any:
        response = get(self, **environ)
        check_page(response)
        return response

    monkeypatch.setattr(Client, "request", request)


@pytest.fixture(scope="session")
def development_seal() -> None:
    """A TEST SEAL where the settings look for it; RSA keys take a second, so once per run."""
    at = datetime(2024, 1, 1, tzinfo=UTC)
    make_development_seal(Path(settings.SEAL_PKCS12), passphrase="", at=at)


DRAWN: dict[str, bytes] = {}  # by language, for the whole run


@pytest.fixture
def drawn_once(development_seal: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any agreement is the first one drawn in its language: for tests of what is done with it.

    WeasyPrint takes most of a second for two languages. What an agreement says, and that it is
    drawn at all, is tested without this.
    """
    render = document.render

    def first(terms: Any, *, code: str, language: str) -> bytes:
        if language not in DRAWN:
            DRAWN[language] = render(terms, code=code, language=language)
        return DRAWN[language]

    monkeypatch.setattr(document, "render", first)
