"""Forms of sign-in, activation and confirmation."""

import logging
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import AddEmailForm as _AddEmail
from allauth.account.forms import ConfirmEmailVerificationCodeForm as _ConfirmEmail
from allauth.account.forms import ConfirmLoginCodeForm as _ConfirmLogin
from allauth.account.forms import RequestLoginCodeForm as _RequestLogin
from allauth.core import context, ratelimit
from allauth.mfa.base.forms import AuthenticateForm as _Authenticate
from allauth.mfa.base.forms import ReauthenticateForm as _Reauthenticate
from allauth.mfa.models import Authenticator
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from portal.kit.forms import CodeField, DateField, EmailAddressField

log = logging.getLogger(__name__)
ONE_TIME = {"autocomplete": "one-time-code", "spellcheck": "false", "autocapitalize": "characters"}


def one_time_code() -> CodeField:
    return CodeField(label=_("Code"), widget=forms.TextInput(attrs=ONE_TIME))


def _count_guess(action: str, state: dict[str, Any]) -> None:
    """Allow three guesses for each code. Allauth's own count lives in the session: not atomic."""
    key = f"{state.get('user_id', '')}:{state.get('email', '')}:{state.get('at', '')}"
    if not ratelimit.consume(context.request, action=action, key=key):
        log.warning("%s: guesses used up for user %s", action, state.get("user_id", "unknown"))
        raise get_adapter().validation_error("too_many_login_attempts")


class RequestLoginCodeForm(_RequestLogin):  # type: ignore[misc]
    email = EmailAddressField(
        label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )


class ConfirmLoginCodeForm(_ConfirmLogin):  # type: ignore[misc]
    code = one_time_code()

    def clean_code(self) -> str:
        _count_guess("confirm_login_code", context.request._login_stage.state)
        return str(super().clean_code())


class ConfirmEmailVerificationCodeForm(_ConfirmEmail):  # type: ignore[misc]
    code = one_time_code()

    def clean_code(self) -> str:
        state = context.request.session.get("account_email_verification_code") or {}
        _count_guess("confirm_email_verification_code", state)
        return str(super().clean_code())


class AddEmailForm(_AddEmail):  # type: ignore[misc]
    email = EmailAddressField(
        label=_("New e-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )


class _FactorForm:
    """Its page speaks of an app only to those who have one."""

    user: User

    @property
    def has_app(self) -> bool:
        of_app = Authenticator.objects.filter(user=self.user, type=Authenticator.Type.TOTP)
        return bool(of_app.exists())


class AuthenticateForm(_FactorForm, _Authenticate):  # type: ignore[misc]
    code = one_time_code()


class ReauthenticateForm(_FactorForm, _Reauthenticate):  # type: ignore[misc]
    code = one_time_code()


class LetterForm(forms.Form):
    """Step 1 of activation. No field says what is wrong with it beyond its shape."""

    reference = CodeField(
        label=_("Reference"),
        help_text=_("As printed at the top of the letter."),
    )
    code = CodeField(
        label=_("Activation code"),
        help_text=_("Eight letters from the letter. It works once, for 28 days."),
    )
    born_on = DateField(label=_("Date of birth"), help_text=_("Like 1990-03-01."))


class AddressForm(forms.Form):
    """Step 2 of activation."""

    email = EmailAddressField(
        label=_("E-mail address"),
        help_text=_("You sign in with it from now on. We send a code there first."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class OneTimeCodeForm(forms.Form):
    """A code we have just mailed: step 3 of activation, and confirming that it is you."""

    code = one_time_code()
