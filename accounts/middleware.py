"""Sessions end: fifteen minutes after the last page (settings), eight hours from sign-in (here)."""

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
    """Signs out what has been signed in for SESSION_ABSOLUTE_AGE, however busy it is."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated:
            since = request.session.setdefault(STAMP, time.time())
            if time.time() - request.session.get(SEEN, 0) >= SAVED_EVERY:
                request.session[SEEN] = time.time()
            if time.time() - since >= settings.SESSION_ABSOLUTE_AGE:
                logout(request)
                messages.info(request, _("You were signed out after eight hours. Sign in again."))
        return self.get_response(request)
