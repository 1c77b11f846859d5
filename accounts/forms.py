"""Forms of the accounts room."""

from allauth.account.forms import ConfirmEmailVerificationCodeForm as _Verify
from allauth.account.forms import ConfirmLoginCodeForm as _Confirm
from allauth.account.forms import RequestLoginCodeForm as _Request


class RequestLoginCodeForm(_Request):
    pass


class ConfirmLoginCodeForm(_Confirm):
    pass


class ConfirmEmailVerificationCodeForm(_Verify):
    pass
