"""The portal's Celery application with a lease of seconds, so that a drill need not wait for it."""

from datetime import timedelta
from typing import Any

from celery.signals import worker_process_init

from portal.celery import app

__all__ = ["app"]
SECONDS = 10


@worker_process_init.connect
def shorten(**_: Any) -> None:
    from accounts.evidence import actions

    actions.LEASE = timedelta(seconds=SECONDS)
