"""A seal whose key never leaves an HSM (PKCS#11). Imported only where one is configured."""

import fcntl
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import pkcs11
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from pkcs11.exceptions import (
    PinExpired,
    PinIncorrect,
    PinInvalid,
    PinLenRange,
    PinLocked,
    PKCS11Error,
    UserAlreadyLoggedIn,
)
from pyhanko.config.pkcs11 import TokenCriteria
from pyhanko.sign.pkcs11 import PKCS11Signer, find_token
from pyhanko.sign.signers import Signer

from portal.kit.crypto import fingerprint
from portal.records.seal_key import Material, for_pyhanko

log = logging.getLogger(__name__)
WRONG_PIN = (PinExpired, PinIncorrect, PinInvalid, PinLenRange, PinLocked)


@contextmanager
def _refusals() -> Iterator[TextIO]:
    """Hold the file that keeps the fingerprint of a refused PIN, so that others wait."""
    path = Path(settings.VAR_DIR) / "seal-pin-refused"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as noted:
        fcntl.flock(noted, fcntl.LOCK_EX)  # until it is closed
        noted.seek(0)
        yield noted


class HsmSigner(Signer):
    """Signs through one session of this process with the token, opened when first needed.

    A session does one thing at a time, so threads take turns; each turn is milliseconds. A lost
    session (HSM restarted, process forked) is opened again, once per signature. A refused PIN is
    never tried twice, by whichever process of this machine: three wrong ones lock most tokens.
    Errors: ImproperlyConfigured, naming the setting.
    """

    def __init__(self, seal: Material, *, module: str, token: str, key: str, pin: str) -> None:
        certificate, registry = for_pyhanko(seal)
        super().__init__(signing_cert=certificate, cert_registry=registry, embed_roots=False)
        self._seal, self._module, self._token, self._key = seal, module, token, key
        self._pin, self._curve = pin, certificate.public_key.algorithm == "ec"
        self._turn = threading.Lock()
        self._session: PKCS11Signer | None = None
        self._process = 0

    async def async_sign_raw(
        self, data: bytes, digest_algorithm: str, dry_run: bool = False
    ) -> bytes:
        """Return the signature, which fits the certificate or is not returned."""
        if dry_run:
            return bytes(512)
        with self._turn:
            signature = await self._signed(data, digest_algorithm)
        self._check(signature, data, digest_algorithm)
        return signature

    async def _signed(self, data: bytes, digest_algorithm: str) -> bytes:
        if self._session is not None and self._process == os.getpid():
            try:
                return await self._session.async_sign_raw(data, digest_algorithm)
            except PKCS11Error as error:
                log.warning("session with the HSM lost (%s): opening another", type(error).__name__)
        self._session = None
        self._session = self._opened()
        self._process = os.getpid()
        return await self._session.async_sign_raw(data, digest_algorithm)

    def _opened(self) -> PKCS11Signer:
        session = self._logged_in()
        found = PKCS11Signer(
            session,
            key_label=self._key,
            signing_cert=self._signing_cert,
            # Not every token hashes for a curve key (SoftHSM does not); the digest is ours then.
            use_raw_mechanism=self._curve,
        )
        try:
            _ = found.signing_cert  # finds the key now, so that a wrong label is told apart
        except PKCS11Error as error:
            raise ImproperlyConfigured(
                f"The token has not one private key with the label SEAL_PKCS11_KEY={self._key}: "
                f"{error}"
            ) from error
        return found

    def _logged_in(self) -> Any:
        """Return an open session. One process at a time tries the PIN, and reads of a refusal."""
        tried = fingerprint(f"{self._module}:{self._token}:{self._pin}", purpose="seal PIN")
        with _refusals() as noted:
            if noted.read() == tried:
                raise ImproperlyConfigured(
                    "The HSM refused SEAL_PKCS11_PIN: set it, then restart. Should it be right by "
                    f"now, delete {noted.name}."
                )
            token = self._found()
            try:
                return token.open(user_pin=self._pin)
            except UserAlreadyLoggedIn:
                return token.open()
            except WRONG_PIN as error:
                noted.truncate(0)
                noted.write(tried)
                said = type(error).__name__
                raise ImproperlyConfigured(
                    f"The HSM refuses SEAL_PKCS11_PIN ({said}). It is not tried again."
                ) from error

    def _found(self) -> Any:
        """Return the token. The library starts anew: after a fork or a loss its state is void."""
        try:
            library = pkcs11.lib(self._module)
            library.reinitialize()
            token = find_token(library.get_slots(), token_criteria=TokenCriteria(self._token))
        except PKCS11Error as error:
            raise ImproperlyConfigured(
                f"The HSM does not answer through SEAL_PKCS11_MODULE={self._module}: "
                f"{type(error).__name__} {error}"
            ) from error
        if token is None:
            raise ImproperlyConfigured(
                f"The HSM shows no token with the label SEAL_PKCS11_TOKEN={self._token}."
            )
        return token

    def _check(self, signature: bytes, data: bytes, digest_algorithm: str) -> None:
        """A key that is not the certificate's would make seals that nobody can check."""
        key = self._seal.certificate.public_key()
        algorithm = {"sha256": hashes.SHA256, "sha384": hashes.SHA384}[digest_algorithm]()
        try:
            if isinstance(key, rsa.RSAPublicKey):
                key.verify(signature, data, padding.PKCS1v15(), algorithm)
            elif isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(signature, data, ec.ECDSA(algorithm))
        except InvalidSignature as error:
            raise ImproperlyConfigured(
                "SEAL_PKCS11_KEY is not the key of the first certificate in SEAL_CERTIFICATES."
            ) from error
