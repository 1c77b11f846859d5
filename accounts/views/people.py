"""Activation in three steps, and the page that asks "is it you?" before a sensitive change."""

from typing import cast

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from allauth.core.internal.ratelimit import get_ip
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import now
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts import activation, stepup
from accounts.access import PortalRequest, cardholder_required
from accounts.forms import AddressForm, LetterForm, OneTimeCodeForm
from accounts.models import ActivationCode, User
from portal.kit.errors import Refused, Stale
from portal.kit.forms import said

OPENED, ADDRESS = "activation_opened", "activation_email"  # in the session, until bound


@require_http_methods(["GET", "POST"])
def activate(request: HttpRequest) -> HttpResponse:
    """Step 1: the letter. Whatever is wrong, the answer is one text."""
    if request.user.is_authenticated:
        messages.info(request, _("You are signed in. Sign out first to activate again."))
        return redirect("home")
    form = LetterForm(_typed(request))
    if not form.is_valid():
        return _form_page(request, "accounts/activate.html", form)
    facts = form.cleaned_data
    try:
        opened = activation.open_letter(
            reference=facts["reference"], code=facts["code"], born_on=facts["born_on"],
            ip=get_ip(request), at=now(),
        )  # fmt: skip
    except activation.TooManyTries as refused:
        form.add_error(None, said(refused))
        return render(request, "accounts/activate.html", {"form": form}, status=429)
    except activation.AlreadyBound:
        return render(request, "accounts/activate_bound.html", status=409)
    if opened is None:
        form.add_error(None, _("We could not match these details."))
        return _form_page(request, "accounts/activate.html", form, unmatched=True)
    request.session[OPENED] = opened.pk
    request.session.pop(ADDRESS, None)
    return redirect("accounts:activate_address")


@require_http_methods(["GET", "POST"])
def activate_address(request: HttpRequest) -> HttpResponse:
    """Step 2: the e-mail address to sign in with."""
    opened = _opened(request)
    if opened is None:
        return _start_again(request)
    form = AddressForm(_typed(request))
    if form.is_valid():
        email, language = form.cleaned_data["email"], get_language() or "zh-hans"
        try:
            activation.send_address_code(opened, email=email, language=language, at=now())
        except Refused as refused:
            form.add_error(None, said(refused))
        else:
            request.session[ADDRESS] = email
            return redirect("accounts:activate_code")
    return _form_page(request, "accounts/activate_address.html", form)


@require_http_methods(["GET", "POST"])
def activate_code(request: HttpRequest) -> HttpResponse:
    """Step 3: the code mailed there; binds the cardholder and signs in."""
    opened, email = _opened(request), request.session.get(ADDRESS)
    if opened is None or not email:
        return _start_again(request)
    form = OneTimeCodeForm(_typed(request))
    if form.is_valid():
        try:
            user = activation.confirm_address(
                opened, email=email, code=form.cleaned_data["code"],
                language=get_language() or "zh-hans", at=now(),
            )  # fmt: skip
        except activation.AlreadyBound:
            return render(request, "accounts/activate_bound.html", status=409)
        except Stale:
            return _start_again(request)
        except Refused as refused:
            form.add_error("code", said(refused))
        else:
            return _sign_in(request, user)
    return _form_page(request, "accounts/activate_code.html", form, email=email)


@require_GET
@cardholder_required
def activated(request: PortalRequest) -> HttpResponse:
    return render(request, "accounts/activate_done.html")


@require_http_methods(["GET", "POST"])
@login_required
def confirm(request: HttpRequest) -> HttpResponse:
    """Ask for a second factor, or mail a code to who has none, and note it in the session."""
    user = cast(User, request.user)
    back = get_next_redirect_url(request) or reverse("home")
    if factors := get_adapter().get_reauthentication_methods(user):
        return redirect(f"{factors[0]['url']}?{urlencode({'next': back})}")
    form = OneTimeCodeForm(request.POST if "code" in request.POST else None)
    try:
        if request.method == "POST" and not form.is_bound:
            stepup.send_code(user, purpose="confirm", about=_("That it is you."), at=now())
            messages.success(request, _("We have sent a code to your e-mail address."))
        elif form.is_valid():
            stepup.check(user, purpose="confirm", code=form.cleaned_data["code"], at=now())
            record_authentication(request, user, method="code", reauthenticated=True)
            return redirect(back)
    except Refused as refused:
        messages.error(request, said(refused))
        return render(request, "accounts/confirm.html", {"form": form, "back": back}, status=422)
    return _form_page(request, "accounts/confirm.html", form, back=back)


def _typed(request: HttpRequest) -> QueryDict | None:
    """Return what was sent, though it be nothing at all; None if the page is only looked at."""
    return request.POST if request.method == "POST" else None


def _form_page(request: HttpRequest, name: str, form: Form, **facts: object) -> HttpResponse:
    """Show a form: a 422 if it refuses what was sent."""
    return render(request, name, {"form": form, **facts}, status=422 if form.errors else 200)


def _opened(request: HttpRequest) -> ActivationCode | None:
    """Return the letter opened in this session, if its code is still good."""
    if request.user.is_authenticated or OPENED not in request.session:
        return None
    alive = ActivationCode.objects.filter(used_at=None, expires_at__gt=now())
    return alive.filter(pk=request.session[OPENED]).first()


def _start_again(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("home")
    text = _("Please start here. If you have just activated, sign in with your e-mail address.")
    messages.info(request, text)
    return redirect("accounts:activate")


def _sign_in(request: HttpRequest, user: User) -> HttpResponse:
    """Through allauth, which notes how, cycles the session key and lists the session."""
    for key in (OPENED, ADDRESS):
        request.session.pop(key, None)
    record_authentication(request, user, method="code", email=user.email)
    login = Login(user=user, email=user.email, redirect_url=reverse("accounts:activated"))
    return cast(HttpResponse, perform_login(request, login))
