"""Sessions end: fifteen minutes after the last page, and eight hours from sign-in."""

import time

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from portal.kit.middleware import GetResponse

STAMP = "signed_in_at"  # epoch seconds of the first page after sign-in
SEEN = "seen_at"
SAVED_EVERY = 60  # seconds: a session is written, and so renewed, once a minute and not each time


class SessionLimits:
    """Signs out what was idle for SESSION_COOKIE_AGE, or lasted SESSION_ABSOLUTE_AGE."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated:
            now, session = time.time(), request.session
            since, seen = session.setdefault(STAMP, now), session.setdefault(SEEN, now)
            if now - since >= settings.SESSION_ABSOLUTE_AGE:
                logout(request)
                messages.info(request, _("You were signed out after eight hours. Sign in again."))
            elif now - seen >= settings.SESSION_COOKIE_AGE:  # whatever the session store thinks
                logout(request)
                messages.info(request, _("You were signed out after a quiet while. Sign in again."))
            elif now - seen >= SAVED_EVERY:
                session[SEEN] = now
        return self.get_response(request)
