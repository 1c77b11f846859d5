"""The site: settings, addresses, home pages; beneath it records, packs and kit."""

from portal.celery import app as celery_app

__all__ = ["celery_app"]
