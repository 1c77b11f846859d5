"""What we change in allauth: no sign-up, mail by the queue, secrets encrypted, home by role."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.authentication import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from accounts.access import passed_second_factor
from accounts.contacts.actions import email_changed
from accounts.mails import mail
from accounts.models import User
from portal.kit import crypto
from portal.kit.context import bank
from portal.records.audit import record

STAFF_HOME = "/staff/"  # its owner is above us
BOUND_TO = "mfa_authenticator.data"
EMAIL_CHANGED = "account/email/email_changed"  # allauth's template of that mail


WRONG_CODE = _("This code does not match. Check it, or ask for a new one.")
TOO_MANY = _("Too many tries. Please wait a while and try again.")


class Backend(AuthenticationBackend):  # type: ignore[misc]
    """Loads the cardholder along with the user: one query a page instead of two."""

    def get_user(self, user_id: int) -> User | None:
        return User.objects.select_related("cardholder").filter(pk=user_id, is_active=True).first()


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = DefaultAccountAdapter.error_messages | {
        "incorrect_code": WRONG_CODE,
        "too_many_login_attempts": TOO_MANY,
        "rate_limited": TOO_MANY,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up: cardholders activate with the bank's letter, staff are made."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue it, in the reader's language. A mail with a code is wiped once sent."""
        known = User.objects.filter(email__iexact=email).first() or context.get("user")
        language = known.language if isinstance(known, User) else get_language() or "zh-hans"
        facts = {k: v for k, v in context.items() if k != "request"}
        mail(
            template_prefix, to=email, language=language, at=now(), context=facts,
            secret="code" in context,
        )  # fmt: skip

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """A change of how someone signs in: mailed, and kept in the trail (stepup reads it).

        Of a new address the bank is told too.
        """
        verb, at = f"accounts.{template_prefix.rsplit('/', 1)[-1]}", now()
        with transaction.atomic():
            if context and template_prefix == EMAIL_CHANGED:
                old, new = context["from_email"], context["to_email"]
                email_changed(user, old=old, new=new, at=at)
            record(verb, subject=user, by=user, at=at)
            super().send_notification_mail(template_prefix, user, context, email)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """The new address, the end of the old one, and who is told of it: all or nothing."""
        with transaction.atomic():
            return bool(super().confirm_email(request, email_address))

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        used = [r["method"] for r in get_authentication_records(request, user)]
        record("accounts.signed_in", subject=user, by=user, at=now(), data={"methods": used})

    def send_account_already_exists_mail(self, email: str) -> None:
        """Allauth's own links to sign-up and password pages, which we do not have."""
        self.send_mail("account/email/account_already_exists", email, {})

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address our outermost trusted proxy saw (ALLAUTH_TRUSTED_PROXY_COUNT)."""
        try:
            return str(super().get_client_ip(request))
        except ImproperlyConfigured:  # fewer hops than proxies: it did not come through them
            raise PermissionDenied from None

    def get_reauthentication_methods(self, user: User) -> list[dict[str, str]]:
        """Whoever has a passkey and no app is asked for the passkey, not for a recovery code."""
        ways: list[dict[str, str]] = super().get_reauthentication_methods(user)
        of_app = Authenticator.Type.TOTP
        if len(ways) > 1 and not Authenticator.objects.filter(user=user, type=of_app).exists():
            code, passkey = ways
            return [passkey, code | {"id": "recovery_codes"}]  # by which our template names it
        return ways

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Cardholders to what they owe; staff to work, or first to set up a second factor."""
        if not getattr(request.user, "is_staff", False):
            return reverse("accounts:arrears")
        return STAFF_HOME if passed_second_factor(request) else reverse("mfa_index")


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Allauth keeps TOTP secrets and recovery seeds as plain text by default."""

    error_messages = DefaultMFAAdapter.error_messages | {"incorrect_code": WRONG_CODE}

    def encrypt(self, text: str) -> str:
        return crypto.encrypt(text, bound_to=BOUND_TO)

    def decrypt(self, encrypted_text: str) -> str:
        return crypto.decrypt(encrypted_text, bound_to=BOUND_TO)

    def generate_authenticator_name(self, user: User, type: str) -> str:
        """What a new passkey is called until its owner names it."""
        return gettext("Passkey")

    def get_totp_issuer(self) -> str:
        return str(bank()["name"])
