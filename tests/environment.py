"""The environment of every test run, set before Django reads its settings (pyproject: -p)."""

import os
import tempfile

os.environ |= {
    "DEMO": "0",
    "DEBUG": "0",
    "HTTPS": "0",
    "SECRET_KEY": "only-for-tests-" + "x" * 40,
    "FIELD_KEYS": "test:" + "A" * 43 + "=",
    "VAR_DIR": tempfile.mkdtemp(prefix="portal-tests-"),
    "EMAIL_URL": "memorymail://",
    "CELERY_BROKER_URL": "memory://",
    "REDIS_URL": os.environ.get("TEST_REDIS_URL", ""),
    "LOG_LEVEL": "CRITICAL",
    "SITE_URL": "http://localhost:8000",
}
if "TEST_DATABASE_URL" in os.environ:
    os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]
else:
    os.environ.pop("DATABASE_URL", None)
    os.environ["DATABASE_URL"] = "sqlite:///" + os.path.join(
        os.environ["VAR_DIR"], "portal.sqlite3"
    )
