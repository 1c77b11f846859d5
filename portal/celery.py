"""Celery: the clock and the muscle. What must be done is always a row; see each app's tasks."""

import os

from celery import Celery

from portal import broker  # noqa: F401  (registers itself)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
