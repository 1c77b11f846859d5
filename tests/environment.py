"""The environment of every test run, set before Django reads its settings (pyproject: -p)."""

import os
import shutil
import tempfile
from urllib.parse import urlsplit


def own_redis(url: str) -> str:
    """Each parallel process its own Redis database, counted down from the one given."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    database = int(urlsplit(url).path.strip("/") or 15) - worker
    return urlsplit(url)._replace(path=f"/{database}").geturl()


VAR_DIR = tempfile.mkdtemp(prefix="portal-tests-")
os.mkdir(os.path.join(VAR_DIR, "static"))  # WhiteNoise wants it there
OF_THIS_MACHINE = {  # never taken from the shell or .env of whoever runs the tests
    "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1],testserver",
    "BANK_NAME_EN": "Example Bank",
    "BANK_NAME_ZH": "示例银行",
    "CLAMD_URL": "",
    "CSRF_TRUSTED_ORIGINS": "",
    "DEBUG": "0",
    "JURISDICTION": "cn",
    "RETENTION_DAYS": "",
    "SEAL_CERTIFICATES": "",
    "SEAL_PASSPHRASE": "",
    "SEAL_PKCS11_KEY": "",
    "SEAL_PKCS11_MODULE": "",
    "SEAL_PKCS11_PIN": "",
    "SEAL_PKCS11_TOKEN": "",
    "SEAL_ROOTS": "",
    "SEAL_PKCS12": os.path.join(VAR_DIR, "seal", "development.p12"),
    "STORAGE_URL": "",
    "TIME_ZONE": "Asia/Shanghai",
    "TSA_LEVEL": "B-LTA",
    "TSA_PASSWORD": "",
    "TSA_ROOTS": "",
    "TSA_TIMEOUT": "10",
    "TSA_URL": "",
    "TSA_USER": "",
    "TRUSTED_PROXY_COUNT": "0",
}
os.environ |= OF_THIS_MACHINE | {
    "DEMO": "0",
    "HTTPS": "0",
    "SECRET_KEY": "only-for-tests-" + "x" * 40,
    "FIELD_KEYS": "test:" + "A" * 43 + "=",
    "VAR_DIR": VAR_DIR,
    "EMAIL_URL": "memorymail://",
    "CELERY_BROKER_URL": "memory://",
    "REDIS_URL": own_redis(os.environ["TEST_REDIS_URL"]) if "TEST_REDIS_URL" in os.environ else "",
    "DATABASE_URL": os.environ.get("TEST_DATABASE_URL") or f"sqlite:///{VAR_DIR}/portal.sqlite3",
    "LOG_LEVEL": "CRITICAL",
    "SITE_URL": "http://localhost:8000",
}


def pytest_unconfigure() -> None:
    shutil.rmtree(VAR_DIR, ignore_errors=True)
