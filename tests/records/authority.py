"""A timestamp authority with revocation services on loopback, which can be told to misbehave.

It speaks real RFC 3161, OCSP and CRL over HTTP; the portal knows it by TSA_URL and TSA_ROOTS only.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from asn1crypto import cms, keys, tsp
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

DAY = timedelta(days=1)


def new_key(curve: bool = False) -> Any:
    if curve:
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def der(thing: Any) -> bytes:
    return thing.public_bytes(serialization.Encoding.DER)


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(each.public_bytes(serialization.Encoding.PEM) for each in certificates)


@dataclass
class Issuer:
    """A root that issues certificates; `services` is the address that they name."""

    name: str
    start: datetime
    days: int = 7300
    services: str = ""
    key: Any = field(default_factory=new_key)
    revoked: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.root = self.issue(self.name, self.key, days=self.days, is_ca=True)

    def issue(
        self, name: str, key: Any, *, days: int, is_ca: bool = False, stamps: bool = False,
        start: datetime | None = None, services: bool = True,
    ) -> x509.Certificate:  # fmt: skip
        def common(text: str) -> x509.Name:
            return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

        start = start or self.start
        usage = x509.KeyUsage(
            digital_signature=not is_ca, content_commitment=not is_ca, key_encipherment=False,
            data_encipherment=False, key_agreement=False, key_cert_sign=is_ca, crl_sign=is_ca,
            encipher_only=False, decipher_only=False,
        )  # fmt: skip
        built = (
            x509.CertificateBuilder()
            .subject_name(common(name)).issuer_name(common(self.name))
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(start).not_valid_after(start + days * DAY)
            .add_extension(x509.BasicConstraints(is_ca, None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                critical=False,
            )
        )  # fmt: skip
        if stamps:
            built = built.add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True
            )
        if self.services and not is_ca and services:
            ask = x509.UniformResourceIdentifier(f"{self.services}/ocsp")
            fetch = x509.UniformResourceIdentifier(f"{self.services}/crl")
            built = built.add_extension(
                x509.AuthorityInformationAccess(
                    [x509.AccessDescription(x509.oid.AuthorityInformationAccessOID.OCSP, ask)]
                ),
                critical=False,
            ).add_extension(
                x509.CRLDistributionPoints([x509.DistributionPoint([fetch], None, None, None)]),
                critical=False,
            )
        return built.sign(self.key, hashes.SHA256())

    def list_of_revoked(self, at: datetime) -> bytes:
        built = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.root.subject).last_update(at).next_update(at + 7 * DAY)
        )  # fmt: skip
        for serial in self.revoked:
            revoked = x509.RevokedCertificateBuilder().serial_number(serial)
            built = built.add_revoked_certificate(revoked.revocation_date(at - DAY).build())
        return der(built.sign(self.key, hashes.SHA256()))

    def says(self, asked: bytes, at: datetime, known: list[x509.Certificate]) -> bytes:
        serial = ocsp.load_der_ocsp_request(asked).serial_number
        certificate = next((each for each in known if each.serial_number == serial), known[0])
        gone = serial in self.revoked
        built = ocsp.OCSPResponseBuilder().add_response(
            cert=certificate, issuer=self.root, algorithm=hashes.SHA1(),  # noqa: S303
            cert_status=ocsp.OCSPCertStatus.REVOKED if gone else ocsp.OCSPCertStatus.GOOD,
            this_update=at, next_update=at + DAY,
            revocation_time=at - DAY if gone else None, revocation_reason=None,
        )  # fmt: skip
        built = built.responder_id(ocsp.OCSPResponderEncoding.HASH, self.root)
        return built.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


@dataclass
class Authority:
    """What the server does. `mood` is how it treats a timestamp query; `services` says the rest."""

    address: str = ""
    mood: str = "good"
    services: str = "good"
    clock: datetime = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
    asked: list[str] = field(default_factory=list)  # paths, in order
    logins: list[tuple[str, str]] = field(default_factory=list)  # path, header
    patience: threading.Event = field(default_factory=threading.Event)
    known: list[x509.Certificate] = field(default_factory=list)

    def start(self) -> None:
        at = datetime(2026, 1, 1, tzinfo=UTC)
        self.issuer = Issuer("Test TSA root", at, services=self.address)
        self.renew("Test TSA 1", start=at, days=1000)

    def renew(self, name: str, *, start: datetime, days: int) -> None:
        """Begin to stamp with another certificate."""
        self.key = new_key()
        self.certificate = self.issuer.issue(name, self.key, days=days, stamps=True, start=start)
        self.known.append(self.certificate)

    def signer(self, *, foreign: bool = False) -> DummyTimeStamper:
        issuer, key, certificate = self.issuer, self.key, self.certificate
        if foreign:
            issuer, key = Issuer("Nobody's root", self.issuer.start), new_key()
            certificate = issuer.issue("Nobody", key, days=900, stamps=True)
        store = SimpleCertificateStore()
        store.register(asn1.Certificate.load(der(issuer.root)))
        secret = key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )  # fmt: skip
        return DummyTimeStamper(
            asn1.Certificate.load(der(certificate)), keys.PrivateKeyInfo.load(secret), store,
            fixed_dt=self.clock + (timedelta(days=30) if self.mood == "wrong clock" else 0 * DAY),
        )  # fmt: skip

    def stamp(self, query: bytes) -> tuple[int, bytes]:
        if self.mood in ("hang", "drip"):
            return 0, b""
        if self.mood == "refuse":
            return 200, b"\x30\x05\x30\x03\x02\x01\x02"  # TimeStampResp: status rejection
        if self.mood in ("500", "junk", "empty", "huge", "redirect"):
            code = {"500": 500, "redirect": 302}.get(self.mood, 200)
            return code, {"junk": b"\x30\x82junk", "huge": b"0" * 999_999}.get(self.mood, b"")
        request = tsp.TimeStampReq.load(query)
        if self.mood == "wrong nonce":
            request["nonce"] = cms.Integer(request["nonce"].native + 1)
        if self.mood == "no nonce":
            request = tsp.TimeStampReq(
                {"version": 1, "message_imprint": request["message_imprint"], "cert_req": True}
            )
        if self.mood == "wrong imprint":
            imprint = request["message_imprint"]
            imprint["hashed_message"] = bytes(len(imprint["hashed_message"].native))
            request["message_imprint"] = imprint
        answer = self.signer(foreign=self.mood == "untrusted").request_tsa_response(request).dump()
        if self.mood == "broken signature":
            answer = answer[:-1] + bytes([answer[-1] ^ 1])
        return 200, answer

    def revocation(self, path: str, query: bytes) -> tuple[int, bytes]:
        if self.services in ("hang", "500"):
            return (0 if self.services == "hang" else 500), b""
        if path == "/crl":
            return 200, self.issuer.list_of_revoked(self.clock)
        if self.services == "no ocsp":
            return 500, b""
        if self.services == "junk":
            return 200, b"junk"
        known = [self.issuer.root] if self.services == "another's" else self.known
        return 200, self.issuer.says(query, self.clock, known)


@contextmanager
def serving(authority: Authority) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.respond(*authority.revocation(self.path, b""))

        def do_POST(self) -> None:
            authority.logins.append((self.path, self.headers.get("Authorization", "")))
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/tsa":
                authority.asked.append(self.path)
                self.respond(*authority.stamp(body))
            else:
                self.respond(*authority.revocation(self.path, body))

        def respond(self, code: int, body: bytes) -> None:
            if self.path != "/tsa":
                authority.asked.append(self.path)
            if not code and authority.mood != "drip":  # hang, until the test is over
                authority.patience.wait(30)
                return
            self.send_response(code or 200)
            self.send_header("Content-Type", "application/octet-stream")
            if code == 302:
                self.send_header("Location", f"{authority.address}/elsewhere")
            self.send_header("Content-Length", str(len(body) if code else 1000))
            self.end_headers()
            self.wfile.write(body)
            while not code and not authority.patience.wait(0.1):  # one byte at a time, for ever
                try:
                    self.wfile.write(b"0")
                    self.wfile.flush()
                except OSError:
                    return

        def log_message(self, *said: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *of: None  # who hung up on us was right to
    authority.address = f"http://127.0.0.1:{server.server_port}"
    authority.start()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        authority.patience.set()
        server.shutdown()
        server.server_close()
        thread.join()


def wait_until(holds: Any, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.01)
