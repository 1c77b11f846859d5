"""Proof of time: with services away, when killed, twice at once, and renewed."""

import asyncio
import io

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from portal.records import (
    authority,
    documents,
    seal_key,
    sealing,
    stamping,
)  # fmt: skip
from portal.records.models import AuditEvent, Augmentation, Stamping
from portal.records.stamping import Outcome
from tests.people import in_parallel
from tests.records.samples import attached, sealed
from tests.records.timestamps import (
    AT,
    DAY,
    MINUTE,
    filed,
    row_of,
    stamp,
    stored,
    verdict,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("development_seal")]


# == revocation services


@pytest.mark.parametrize("services", ["hang", "500", "junk", "another's"])
def test_without_revocation_data_the_timestamp_is_kept_and_the_rest_comes_later(
    tsa, bank, settings, services
):
    document = filed(sealing.seal(attached(), at=AT, reason="x"))
    tsa.services = services
    if services == "hang":
        settings.TSA_TIMEOUT = 2
    if services == "junk":  # then the list is not asked for junk, but it is good
        tsa.issuer.revoked.add(bank.serial_number)
    assert stamp(document) == Outcome.NO_REVOCATION_DATA
    assert document.augmentations.get().level == "B-T"
    size = len(documents.read(document))
    assert stamp(document, at=AT + MINUTE) == Outcome.NO_REVOCATION_DATA
    assert len(documents.read(document)) == size  # a file does not grow with each try
    tsa.services, settings.TSA_TIMEOUT = "good", 20
    tsa.issuer.revoked.clear()
    assert stamp(document, at=AT + 3 * MINUTE) == Outcome.DONE
    assert [each.level for each in document.augmentations.order_by("pk")] == ["B-T", "B-LTA"]


def test_services_that_do_not_speak_http_leave_it_at_the_timestamp(tsa, request):
    tsa.issuer.services = "ldap://127.0.0.1"
    request.getfixturevalue("bank")
    document = filed(sealing.seal(attached(), at=AT, reason="x"))
    assert stamp(document) == Outcome.NO_REVOCATION_DATA
    assert set(tsa.asked) == {"/tsa"}


def test_others_get_their_first_timestamp_meanwhile(tsa, bank):
    first, second = (sealing.seal(attached(), at=AT, reason=x) for x in "xy")
    filed(first), filed(second, number="AG-2", code="C2")
    tsa.services = "500"
    for at in (AT, AT + 5 * MINUTE):
        stamping.enrol(at=at)
        stamping.sweep(stamping.due(at=at), at=at)
    assert [each.level for each in Augmentation.objects.all()] == ["B-T", "B-T"]
    assert tsa.asked.count("/ocsp") == 2  # once a sweep
    assert all(row.problem for row in Stamping.objects.all())


def test_a_list_of_revoked_ones_does_where_ocsp_fails(tsa, bank):
    tsa.services = "no ocsp"
    document = filed(sealing.seal(attached(), at=AT, reason="x"))
    assert stamp(document) == Outcome.DONE
    store = PdfFileReader(io.BytesIO(documents.read(document))).root["/DSS"]
    assert "/CRLs" in store and "/OCSPs" not in store


def test_a_revoked_seal_gets_no_long_term_validation_data(tsa, bank):
    tsa.issuer.revoked.add(bank.serial_number)
    document = filed(sealing.seal(attached(), at=AT, reason="x"))
    assert stamp(document) == Outcome.NO_REVOCATION_DATA
    assert "revoked" in row_of(document).problem
    assert document.augmentations.get().level == "B-T"


def test_addresses_in_a_strangers_certificate_are_never_asked(tsa, bank, settings, tmp_path):
    """The seal leads to no root of ours: its certificate may name any address."""
    document = filed(sealing.seal(attached(), at=AT, reason="x"))
    (tmp_path / "seal").mkdir()
    settings.SEAL_PKCS12 = str(tmp_path / "seal" / "other.p12")
    seal_key.make_development_seal(tmp_path / "seal" / "other.p12", passphrase="", at=AT)
    assert stamp(document) == Outcome.UNFIT
    assert set(tsa.asked) == {"/tsa"}
    assert "Example Bank" in row_of(document).problem


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/"])
def test_only_http_is_spoken(tsa, url):
    service = stamping.trust().service
    with pytest.raises(authority.Unanswered, match="not http"):
        asyncio.run(authority.ask(url, None, kind="crl", service=service))


# == killed, and twice


def test_killed_between_store_and_row_it_is_made_once_after_the_lease(tsa, monkeypatch):
    document = filed()

    class Killed(BaseException):
        pass

    def kill(*args, **named):
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(stamping, "_enter", kill)
        stamp(document)
    assert documents.read(document) == sealed()
    assert stamp(document, at=AT + MINUTE) == Outcome.NOT_NOW  # the lease is not over
    assert stamp(document, at=AT + stamping.LEASE) == Outcome.DONE
    assert document.augmentations.count() == 1


def test_a_worker_that_outlived_its_lease_adds_nothing(tsa, monkeypatch):
    document = filed()
    enter = stamping._enter

    def late(*args):
        """Another one claims and concludes while this one still asks the authority."""
        monkeypatch.setattr(stamping, "_gains", gains)
        assert stamp(document, at=AT + stamping.LEASE) == Outcome.DONE
        return gains(*args)

    gains = stamping._gains
    monkeypatch.setattr(stamping, "_gains", late)
    files = stored()
    stamp(document)
    assert stamping._enter is enter
    assert document.augmentations.count() == 1
    assert AuditEvent.objects.count() == 1
    assert len(stored()) == len(files) + 1  # what came too late is not left lying about


def test_purged_meanwhile_nothing_of_it_is_kept(tsa, monkeypatch):
    document = filed()
    gains, files = stamping._gains, stored()

    def purge(*args):
        type(document).objects.filter(pk=document.pk).update(purged_at=AT)
        return gains(*args)

    monkeypatch.setattr(stamping, "_gains", purge)
    stamp(document)
    assert not Augmentation.objects.exists()
    assert stored() == files


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_one(tsa):
    document = filed()
    pk, whom = row_of(document).pk, stamping.trust()
    found = in_parallel(2, lambda _: stamping.stamp(pk, whom, at=AT))
    assert set(found) == {Outcome.DONE, Outcome.NOT_NOW}
    assert document.augmentations.count() == 1


# == renewal


def test_it_is_renewed_before_the_authoritys_certificate_ends(tsa, bank):
    document = filed(sealing.seal(attached(), at=AT, reason="x"))
    stamp(document)
    row = row_of(document)
    ends_at = tsa.certificate.not_valid_after_utc
    assert row.next_try_at == ends_at - stamping.RENEW
    before = documents.read(document)
    tsa.clock = row.next_try_at
    asked = len(tsa.asked)
    # As long as the authority has no newer certificate, a renewal would prove nothing more.
    assert stamp(document, at=tsa.clock) == Outcome.DONE
    assert documents.read(document) == before
    row.refresh_from_db()
    assert "still one that ends" in row.problem
    assert row.next_try_at == tsa.clock + stamping.RENEW / 2
    tsa.clock = row.next_try_at
    tsa.renew("Test TSA 2", start=tsa.clock - DAY, days=2000)
    assert stamp(document, at=tsa.clock) == Outcome.DONE
    after = documents.read(document)
    assert after.startswith(before) and verdict(after, tsa).bottom_line
    newest = document.augmentations.order_by("-pk")[0]
    assert (newest.level, newest.authority) == ("B-LTA", "Test TSA 2")
    assert document.augmentations.count() == 2
    assert tsa.asked[asked:].count("/ocsp") == 2  # of the old stamp only: the seal's may be gone
    row.refresh_from_db()
    assert (row.problem, row.next_try_at) == ("", newest.authority_ends_at - stamping.RENEW)


def test_a_mere_timestamp_is_renewed_by_another(tsa, settings):
    settings.TSA_LEVEL = "B-T"
    document = filed()
    stamp(document)
    tsa.clock = row_of(document).next_try_at
    tsa.renew("Test TSA 2", start=tsa.clock - DAY, days=2000)
    assert stamp(document, at=tsa.clock) == Outcome.DONE
    assert document.augmentations.order_by("-pk")[0].authority == "Test TSA 2"
    assert verdict(documents.read(document), tsa).bottom_line


def test_the_time_to_renew_is_never_past():
    later = stamping.renewal_at(AT + 30 * DAY, at=AT)
    assert later == AT + 15 * DAY
    assert stamping.renewal_at(AT - DAY, at=AT) == AT + DAY
    assert stamping.renewal_at(AT + 1000 * DAY, at=AT) == AT + 910 * DAY
