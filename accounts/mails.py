"""Our mails: a subject and a body from templates/account/email/, in the reader's language."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import override

from portal.kit.context import bank
from portal.records.notices import notify


def mail(
    template: str,
    *,
    to: str,
    language: str,
    at: datetime,
    context: dict[str, Any] | None = None,
    secret: bool = False,
) -> None:
    """Queue `<template>_subject.txt` and `<template>_message.txt` for an address."""
    with override(language):
        facts = {
            "bank": bank(),
            "site": settings.SITE_URL,
            "at": at,
            "email": to,
            **(context or {}),
        }
        subject = render_to_string(f"{template}_subject.txt", facts)
        body = render_to_string(f"{template}_message.txt", facts).strip()
    notify(
        template.rsplit("/", 1)[-1][:40], recipient=to, language=language, subject=subject,
        body=body, at=at, secret=secret,
    )  # fmt: skip
