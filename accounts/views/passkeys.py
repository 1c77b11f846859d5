"""Allauth's pages around a new passkey, with the way back to the page that led there.

It is kept in the session (BACK): a form, another language, a code to confirm lie between.
"""

import time
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import get_next_redirect_url
from allauth.mfa.recovery_codes.views import ViewRecoveryCodesView
from allauth.mfa.webauthn.views import AddWebAuthnView
from django.conf import settings
from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import View, recently_confirmed

BACK, OPENED = "passkey_back", "passkey_opened"
LATELY = 1800  # seconds


class _AddPasskey(AddWebAuthnView):  # type: ignore[misc]
    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if back := get_next_redirect_url(request):  # on our own site only
            request.session[BACK] = back
        request.session[OPENED] = time.time()
        page: HttpResponse = super().get(request, *args, **kwargs)
        return page

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "back": _back(self.request)}

    def form_valid(self, form: Form) -> HttpResponse:
        """Whoever adds their first factor has just confirmed, and is not asked for it at once."""
        response: HttpResponse = super().form_valid(form)
        if self.did_generate_recovery_codes:
            record_authentication(
                self.request, self.request.user, method="enrolment", reauthenticated=True
            )
        return response

    def get_success_url(self) -> str:
        """The recovery codes come first, if this made them: they are shown once."""
        codes = self.did_generate_recovery_codes
        return reverse("mfa_view_recovery_codes") if codes else _back(self.request)


class _RecoveryCodes(ViewRecoveryCodesView):  # type: ignore[misc]
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "back": _back(self.request)}


def _back(request: HttpRequest) -> str:
    """Return the page that led here lately; later another errand must not end there."""
    lately = time.time() - request.session.get(OPENED, 0) < LATELY
    return str((lately and request.session.get(BACK)) or reverse("mfa_index"))


_add: View[[]] = _AddPasskey.as_view()
recovery_codes = _RecoveryCodes.as_view()


def add(request: HttpRequest) -> HttpResponseBase:
    """The page asks for a fresh proof when it is opened; what it sends is good for as long again.

    Asked only after the device made its key, the proof would cost the person that key.
    """
    if request.method == "POST" and (opened := request.session.get(OPENED)):
        if time.time() - opened <= settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
            return _add(request)
        text = _("That took longer than five minutes, so the passkey was not added. Try again.")
        messages.info(request, text)
        return redirect("mfa_add_webauthn")
    return recently_confirmed(_add)(request)
