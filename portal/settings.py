"""The only settings file: everything that differs between machines comes from the environment.

`bin/run` writes a `.env` for the embedded default (SQLite, local files, a file-based broker);
production sets the same names. docs/operations.md lists them.
"""

from pathlib import Path

import bootstrap
import environ
from celery.schedules import crontab
from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

# == this machine
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))  # everything written at run time
SECRET_KEY = env.str("SECRET_KEY", default="")
DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)  # adds /demo/ and the fictitious people; never in production
HTTPS = env.bool("HTTPS", default=not DEMO)  # cookies and redirects for TLS
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SITE_URL = env.str("SITE_URL", default="http://localhost:8000")  # printed in QR codes and mails
FIELD_KEYS = env.list("FIELD_KEYS", default=[])  # "id:base64 of 32 bytes", newest first
BANK = {  # who speaks on the pages and in the documents
    "name": {
        "zh-hans": env.str("BANK_NAME_ZH", default="示例银行"),
        "en": env.str("BANK_NAME_EN", default="Example Bank"),
    },
    "phone": env.str("BANK_PHONE", default="400-000-0000"),
    "payee": env.str("BANK_PAYEE", default="示例银行信用卡中心"),
    "payee_account": env.str("BANK_PAYEE_ACCOUNT", default="0000 0000 0000 0000"),
    "payee_bank": env.str("BANK_PAYEE_BANK", default="示例银行营业部"),
}
JURISDICTION = env.str("JURISDICTION", default="cn")  # which rule pack in portal/packs
RETENTION_DAYS = {  # what no law sets; "views=1825,mails=90" changes some: docs/retention.md
    **{"mails": 180, "views": 3653, "codes": 30, "attempts": 30, "sessions": 0, "feeds": 90},
    "situations": 365,
    **{k: int(v) for k, v in (x.split("=") for x in env.list("RETENTION_DAYS", default=[]))},
}

# == the house
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",  # allauth's session page needs it
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "portal",
    "portal.kit",
    "portal.records",
    "accounts",
    "plans",
    "disputes",
]
MIDDLEWARE = [
    "portal.kit.middleware.RefuseNulAndUnknownMethods",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.kit.middleware.PrivateResponses",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.middleware.SessionLimits",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.kit.middleware.HtmxSignInRedirect",
    "portal.kit.middleware.WrongMethodPage",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.kit.context.site",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "portal.kit.templatetags.kit",
            ],
        },
    }
]
FORM_RENDERER = "portal.kit.forms.Renderer"

# == data
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'portal.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # recursive_triggers: or INSERT OR REPLACE walks past the audit trail's triggers
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
        "PRAGMA recursive_triggers=ON;",
    }
else:
    DATABASES["default"] |= {"CONN_MAX_AGE": 300, "CONN_HEALTH_CHECKS": True}
if _replica := env.str("DATABASE_REPLICA_URL", default=""):  # docs/scale.md says what reads there
    DATABASES["replica"] = env.db_url_config(_replica) | {
        "CONN_MAX_AGE": 300, "CONN_HEALTH_CHECKS": True, "TEST": {"MIRROR": "default"},
    }  # fmt: skip
    DATABASE_ROUTERS = ["portal.kit.replica.Router"]
    MIDDLEWARE.insert(0, "portal.kit.replica.ReadFromReplica")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.str("REDIS_URL", default="")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {  # limits and used-code marks must be shared between processes: never LocMem
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "portal_cache",
        "OPTIONS": {"MAX_ENTRIES": 1_000_000},
    }
}
STORAGE_URL = env.str("STORAGE_URL", default="")  # s3://bucket/prefix, or empty for VAR_DIR/files
STORAGES = {
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    "documents": {
        "BACKEND": "portal.kit.storage.WriteOnceFileStorage",
        "OPTIONS": {"location": VAR_DIR / "files"},
    },
    "evidence": {  # what people hand in, encrypted
        "BACKEND": "portal.kit.storage.WriteOnceFileStorage",
        "OPTIONS": {"location": VAR_DIR / "evidence"},
    },
}
if STORAGE_URL:
    _store = environ.Env.db_url_config(STORAGE_URL, engine="s3")
    for _name, _folder in (("documents", ""), ("evidence", "/evidence")):
        STORAGES[_name] = {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                "bucket_name": _store["HOST"],
                "location": f"{_store['NAME']}{_folder}",
                "endpoint_url": env.str("STORAGE_ENDPOINT", default=None),
                "file_overwrite": False,
                "default_acl": None,
            },
        }

# == files that people hand in
INCOMING_DIR = VAR_DIR / "incoming"  # on their way in: beside the evidence, never in /tmp
CLAMD_URL = env.str("CLAMD_URL", default="")  # tcp://host:3310 or unix:///run/clamav/clamd.ctl

# == work: the row is the queue, so a lost message costs a minute
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=REDIS_URL or "filesystem://")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_TASK_TIME_LIMIT = 90
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_PUBLISH_RETRY = False  # a dead broker delays nothing: the sweep finds the row
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {"visibility_timeout": 180}
if CELERY_BROKER_URL == "filesystem://":
    _broker = VAR_DIR / "broker"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_broker / "messages"),
        "data_folder_out": str(_broker / "messages"),
        "control_folder": str(_broker / "control"),
        "polling_interval": 0.1,  # kombu's own second makes one task a second
    }
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "send notices": {"task": "portal.records.tasks.send_notices", "schedule": 10.0},
    "render offers": {"task": "plans.tasks.render_offers", "schedule": 15.0},
    "prepare evidence": {"task": "accounts.tasks.prepare_evidence", "schedule": 15.0},
    "timestamp documents": {
        "task": "portal.records.tasks.timestamp_documents",
        "schedule": 30.0,
    },
    "check uploads": {"task": "accounts.tasks.check_uploads", "schedule": 10.0},
    "draw letters": {"task": "disputes.tasks.draw_letters", "schedule": 15.0},
    "watch clocks": {"task": "disputes.tasks.watch_clocks", "schedule": 600.0},
    "confirm corrections": {"task": "disputes.tasks.confirm_corrections", "schedule": 600.0},
    "expire offers": {"task": "plans.tasks.expire_offers", "schedule": 600.0},
    "watch plans": {"task": "plans.tasks.watch_plans", "schedule": 600.0},
    "write certificates": {"task": "plans.tasks.write_certificates", "schedule": 30.0},
    "tidy": {"task": "portal.records.tasks.tidy", "schedule": crontab(hour=3, minute=0)},
    "tidy files": {"task": "accounts.tasks.tidy_files", "schedule": crontab(hour=3, minute=15)},
    "count due": {"task": "portal.records.tasks.count_due", "schedule": crontab(hour=3, minute=30)},
    "count cases": {"task": "disputes.tasks.count_cases", "schedule": crontab(hour=4, minute=0)},
}

# == people and sessions
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.adapters.Backend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]  # nobody has a password
LOGIN_URL = "account_request_login_code"
LOGIN_REDIRECT_URL = "home"
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_AGE = 15 * 60  # idle
SESSION_ABSOLUTE_AGE = 8 * 3600  # from sign-in, whatever is done
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-sid" if HTTPS else "sid"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "portal.views.csrf_failure"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = HTTPS

ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 600
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 180
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = 2
ACCOUNT_LOGIN_BY_CODE_TRUST_ENABLED = False  # shared computers
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # ~10 ms faster than a known one: limits keep that small
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_FORMS = {
    "request_login_code": "accounts.forms.RequestLoginCodeForm",
    "confirm_login_code": "accounts.forms.ConfirmLoginCodeForm",
    "confirm_email_verification_code": "accounts.forms.ConfirmEmailVerificationCodeForm",
    "add_email": "accounts.forms.AddEmailForm",
}
ACCOUNT_RATE_LIMITS = {
    "request_login_code": "20/m/ip,3/m/key,10/d/key",
    "confirm_login_code": "3/3m/key",
    "confirm_email_verification_code": "3/10m/key",
    "login_failed": "10/m/ip,5/300s/key",
}
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
MFA_ADAPTER = "accounts.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "accounts.forms.AuthenticateForm",
    "reauthenticate": "accounts.forms.ReauthenticateForm",
}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_TOTP_TOLERANCE = 0  # tolerance 1 can be replayed
MFA_TRUST_ENABLED = False
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
USERSESSIONS_TRACK_ACTIVITY = False  # five queries a page

# == language, place, form
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["portal.formats"]
USE_THOUSAND_SEPARATOR = False  # or references print as 12,345
TIME_ZONE = env.str("TIME_ZONE", default="Asia/Shanghai")
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("bootstrap", Path(next(iter(bootstrap.__path__))) / "css"),
]
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("png", "jpg", "woff2", "map")  # maps: for developers only

# == mail: a Notice row first, a task sends it
EMAIL_CONFIG = env.email_url(
    "EMAIL_URL", default="consolemail://" if DEMO else "smtp://localhost:25"
)
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 20  # seconds: a mail server that hangs must not hold the worker
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="no-reply@bank.example")

# == the seal
SEAL_PKCS12 = env.str("SEAL_PKCS12", default=str(VAR_DIR / "seal" / "development.p12"))
SEAL_PASSPHRASE = env.str("SEAL_PASSPHRASE", default="")
SEAL_PKCS11_MODULE = env.str("SEAL_PKCS11_MODULE", default="")  # an HSM: its library
SEAL_PKCS11_TOKEN = env.str("SEAL_PKCS11_TOKEN", default="")  # labels
SEAL_PKCS11_KEY = env.str("SEAL_PKCS11_KEY", default="")
SEAL_PKCS11_PIN = env.str("SEAL_PKCS11_PIN", default="")
SEAL_CERTIFICATES = env.str("SEAL_CERTIFICATES", default="")  # PEM file for the HSM's key
SEAL_ROOTS = env.str("SEAL_ROOTS", default="")  # PEM file: roots of seals no longer in use
TSA_URL = env.str("TSA_URL", default="")  # timestamp authority (RFC 3161); empty: no proof of time
TSA_ROOTS = env.str("TSA_ROOTS", default="")  # PEM file: its roots, earlier ones too
TSA_USER = env.str("TSA_USER", default="")
TSA_PASSWORD = env.str("TSA_PASSWORD", default="")
TSA_TIMEOUT = env.int("TSA_TIMEOUT", default=10)  # seconds for one answer
TSA_LEVEL = env.str("TSA_LEVEL", default="B-LTA")  # how far to go: B-T or B-LTA

# == hardening
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if ALLAUTH_TRUSTED_PROXY_COUNT else None
)
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 300
DATA_UPLOAD_MAX_NUMBER_FILES = 10
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "portal.kit.logs.JsonLines"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {  # they tell every step, with the text they were at
        name: {"level": "ERROR"}
        for name in (
            "weasyprint",
            "pikepdf",
            "pyhanko",
            "pyhanko_certvalidator",
            "fontTools",
            "kombu.connection",
        )
    },
}
