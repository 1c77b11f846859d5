"""One page from which one person can play every part in a browser."""

import time

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.adapters import MFAAdapter
from accounts.models import User
from portal.demo import people
from portal.records.models import Notice

PERIOD = 30  # not of the law: seconds a TOTP code lives


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Sign-ins, second-factor codes of this half minute, the mails just sent, a letter to try."""
    if not settings.DEMO:
        raise Http404
    codes = {factor.user_id: _code(factor) for factor in Authenticator.objects.filter(type="totp")}
    rows = [(user, codes.get(user.pk, "")) for user in User.objects.order_by("pk")]
    facts = {
        "rows": rows,
        "notices": Notice.objects.order_by("-pk")[:20],
        "letters": people.letters(),
        "seconds": PERIOD - int(time.time()) % PERIOD,
    }
    return render(request, "demo/index.html", facts)


def _code(factor: Authenticator) -> str:
    secret = MFAAdapter().decrypt(factor.data["secret"])
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // PERIOD)))
