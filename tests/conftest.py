"""Fixtures for all tests."""

from django.conf import settings


def pytest_configure() -> None:
    # Manifest storage needs collectstatic; tests read the sources. Tasks run where they are called.
    settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )
    settings.CELERY_TASK_ALWAYS_EAGER = True
    settings.CELERY_TASK_EAGER_PROPAGATES = True
