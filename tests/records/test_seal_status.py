"""`manage.py seal_status`, keys that end, and keys that are followed by others."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from portal.records import documents, sealing, stamping, verification
from portal.records.models import Augmentation, Stamping
from tests.records import softhsm
from tests.records.authority import Issuer, new_key, pem
from tests.records.samples import AT, attached, file
from tests.records.test_pkcs11 import hsm, token  # noqa: F401  (fixtures)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("development_seal")]
START, DAY = datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=1)


def ask(capsys, *, at=AT) -> tuple[int, dict]:
    code = 0
    with time_machine.travel(at, tick=False):
        try:
            call_command("seal_status", "--json")
        except SystemExit as ended:
            code = ended.code
    return code, json.loads(capsys.readouterr().out)


@pytest.fixture
def use(settings, tmp_path):
    """use(name, days) brings a new seal of the bank into use and returns its root."""

    def use(name: str, *, days: int = 900, start: datetime = START):
        issuer, key = Issuer(f"{name} root", start), new_key()
        path = tmp_path / f"{name}.p12"
        path.write_bytes(
            pkcs12.serialize_key_and_certificates(
                b"seal",
                key,
                issuer.issue(name, key, days=days),
                [issuer.root],
                serialization.NoEncryption(),
            )
        )
        settings.SEAL_PKCS12, settings.SEAL_PASSPHRASE = str(path), ""
        return issuer.root

    return use


def sealed_now(*, at=AT, **more):
    data = sealing.seal(attached(), at=at, reason="x")
    documents.store(data)
    return data, file(data, **more)


# == what it says


def test_a_test_seal_without_an_authority_is_fine_and_called_a_test(capsys):
    code, said = ask(capsys)
    assert code == 0 and said["usable"] and not said["attention"]
    assert said["test_seal"] is True and said["algorithm"] == "RSA 3072"
    assert said["source"].startswith("PKCS#12 file ")
    assert said["roots_trusted"] and said["chain"]
    assert said["proof_of_time"] == {"authority": ""}


def test_the_text_for_people_says_the_same(capsys):
    with time_machine.travel(AT, tick=False):
        call_command("seal_status")
    said = capsys.readouterr().out
    assert "subject: TEST SEAL" in said and "test seal: yes" in said
    assert "days left: " in said and "TSA_URL is empty" in said


@pytest.mark.parametrize(
    ("days_before_end", "code", "says"), [(61, 0, ""), (60, 1, "ends on"), (-1, 1, "ended on")]
)
def test_a_certificate_that_ends_needs_attention(capsys, use, days_before_end, code, says):
    use("Example Bank", days=100)
    found, said = ask(capsys, at=START + (100 - days_before_end) * DAY)
    assert (found, said["usable"]) == (code, True)
    assert says in " ".join(said["attention"])
    assert said["days_left"] == days_before_end


def test_no_seal_at_all_is_the_worst(capsys, settings, tmp_path):
    settings.SEAL_PKCS12 = str(tmp_path / "none.p12")
    code, said = ask(capsys)
    assert code == 2 and not said["usable"]
    assert "make_seal" in said["attention"][0]


def test_a_half_set_hsm_is_explained(capsys, settings):
    settings.SEAL_PKCS11_MODULE = "/usr/lib/x.so"
    code, said = ask(capsys)
    assert code == 2 and "SEAL_PKCS11_TOKEN" in said["attention"][0]


def test_an_hsm_is_tried_and_no_secret_is_shown(capsys, hsm, settings):  # noqa: F811
    code, said = ask(capsys)
    assert code == 0, said
    assert said["source"].startswith("PKCS#11 token portal-test, key ")
    assert softhsm.PIN not in json.dumps(said)
    settings.SEAL_PKCS11_PIN = "0000000"
    code, said = ask(capsys)
    assert code == 2 and "SEAL_PKCS11_PIN" in said["attention"][0]


@pytest.fixture
def authority(settings, tmp_path):
    (tmp_path / "tsa.pem").write_bytes(pem(Issuer("TSA root", START).root))
    settings.TSA_URL = "https://user:secret@tsa.example/stamp?key=secret"
    settings.TSA_ROOTS = str(tmp_path / "tsa.pem")


def test_the_last_timestamp_and_who_waits_are_shown(capsys, authority):
    data, first = sealed_now()
    _, second = sealed_now(at=AT + timedelta(seconds=1), number="AG-2", code="C2")
    Augmentation.objects.create(
        document=first, level="B-LTA", sha256="0" * 64, size=len(data) + 1, stamped_at=AT,
        authority="Test TSA", authority_ends_at=AT + 900 * DAY, made_at=AT,
    )  # fmt: skip
    code, said = ask(capsys, at=AT + DAY)
    time = said["proof_of_time"]
    assert code == 0, said
    assert (time["last_from"], time["waiting"]) == ("Test TSA", 1)
    assert time["authority"] == "https://tsa.example/stamp" and "secret" not in json.dumps(said)
    assert said["documents_sealed"] == 2
    Stamping.objects.create(
        document=second, tries=3, problem="The timestamp authority answered 500.", next_try_at=AT
    )
    code, said = ask(capsys, at=AT + 2 * DAY)
    assert code == 1
    assert "answered 500" in " ".join(said["attention"])
    assert "Waiting over a day" in " ".join(said["attention"])
    code, said = ask(capsys, at=AT + 900 * DAY - stamping.RENEW)
    assert said["proof_of_time"]["to_renew"] == 1


def test_an_authority_without_trust_needs_attention(capsys, authority, settings):
    settings.TSA_ROOTS = ""
    code, said = ask(capsys)
    assert code == 1 and "TSA_ROOTS" in said["attention"][0]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [("TSA_ROOTS", "", "TSA_ROOTS"), ("TSA_URL", "tsa.example", "TSA_URL"),
     ("TSA_TIMEOUT", 60, "TSA_TIMEOUT"), ("TSA_LEVEL", "LTA", "TSA_LEVEL")],
)  # fmt: skip
def test_a_half_set_authority_is_found_at_start(authority, settings, name, value, says):
    assert not [each for each in run_checks() if each.id.startswith("records.")]
    setattr(settings, name, value)
    (problem,) = [each for each in run_checks() if each.id == "records.E002"]
    assert says in problem.msg


def test_a_password_goes_over_tls_only(authority, settings):
    settings.TSA_USER, settings.TSA_URL = "portal", "http://tsa.example/"
    assert any("TSA_USER" in each.msg for each in run_checks())


# == one key follows another


def test_documents_of_the_old_key_stay_valid_with_its_root(capsys, use, settings, tmp_path):
    old_root = use("Old Bank")
    old, document = sealed_now()
    use("New Bank", start=START + DAY)
    new, _ = sealed_now(number="AG-2", code="C2", at=AT + DAY)

    (tmp_path / "roots.pem").write_bytes(pem(old_root))
    settings.SEAL_ROOTS = str(tmp_path / "roots.pem")
    for data, signer in ((old, "Old Bank"), (new, "New Bank")):
        verdict = verification.check(data)
        assert (verdict.outcome, verdict.signer) == (verification.Outcome.VALID, signer)
    assert ask(capsys)[0] == 0

    settings.SEAL_ROOTS = ""  # forgotten
    assert verification.check(old).outcome != verification.Outcome.VALID
    assert verification.check(new).outcome == verification.Outcome.VALID
    code, said = ask(capsys)
    assert code == 1
    assert document.number in said["attention"][0] and "SEAL_ROOTS" in said["attention"][0]


def test_what_was_sealed_in_the_life_of_a_certificate_outlives_it(use):
    use("Example Bank", days=400)
    data, _ = sealed_now()
    with time_machine.travel(START + 800 * DAY, tick=False):
        assert verification.check(data).outcome == verification.Outcome.VALID


@pytest.mark.parametrize("days", [-2, 401])
def test_nothing_is_sealed_outside_the_life_of_the_certificate(use, days):
    use("Example Bank", days=400)
    with pytest.raises(ImproperlyConfigured, match=r"from 2026-01-01 .* to 2027-02-05 "):
        sealing.seal(attached(), at=START + days * DAY, reason="x")


def test_a_list_of_roots_that_cannot_be_read_is_named(settings):
    settings.SEAL_ROOTS = "/none.pem"
    with pytest.raises(ImproperlyConfigured, match=r"SEAL_ROOTS=/none\.pem"):
        verification.check(b"%PDF")
    assert any(each.id == "records.E001" for each in run_checks())
