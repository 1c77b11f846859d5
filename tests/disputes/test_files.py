"""Files of a case: what comes in ends as it must, only its owner and the handlers get a copy."""

import io
import logging
from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from accounts.files import actions as taking
from accounts.files import apart, intake, limits, store, strays
from accounts.files.verdict import Verdict
from disputes import files
from disputes.models import Dispute, Message, Upload
from portal.kit.errors import Refused
from portal.records.documents import Damaged, Gone, digest
from portal.records.models import AuditEvent, Notice, StaffView
from tests import hostile
from tests.clamd import closed_port, fake_scanner
from tests.disputes import scene
from tests.files import stored
from tests.people import cardholder, in_parallel, sign_in, staff
from tests.plans.scene import account_of

Status = Upload.Status
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_store")]


@pytest.fixture
def dispute():
    return scene.case(account_of(cardholder()), Dispute.Status.DRAFT)


@pytest.fixture
def quick(monkeypatch):
    """For tests that are not about what is in a file: everything is clean, without a child."""

    def clean(kind, data):
        return Verdict(media_type="application/pdf", pages=1), b"%PDF-copy of " + data[:20]

    monkeypatch.setattr(apart, "check", clean)


def owner(dispute, **how):
    return sign_in(Client(**how), dispute.account.cardholder.user)


def send(client, dispute, *files, **facts):
    """POST files as (name, bytes)."""
    sent = [SimpleUploadedFile(name, data) for name, data in files]
    headers, purpose = facts.pop("headers", {}), facts.pop("purpose", "evidence")
    url = reverse("disputes:files", args=[dispute.number], query={"purpose": purpose})
    return client.post(url, {"file": sent, **facts}, headers=headers)


def added(dispute, data=b"", **facts) -> Upload:
    facts = {"name": "a.pdf", "by": dispute.account.cardholder.user, "at": now()} | facts
    return files.add(dispute, data or hostile.built("UPL-32"), **facts)


def cleaned(dispute, data=b"", **facts) -> Upload:
    upload = added(dispute, data, **facts)
    intake.check_next(at=now())
    upload.refresh_from_db()
    return upload


def address(upload, name="file", *more):
    return reverse(f"disputes:{name}", args=[upload.dispute.number, upload.ref, *more])


# == each hostile file ends as it must


def scanner(data: bytes) -> str:
    return "stream: Test.EICAR FOUND" if hostile.EICAR in data else "stream: OK"


@pytest.mark.parametrize("bad", hostile.BAD, ids=lambda bad: bad.id)
def test_hostile_files_end_as_they_must(dispute, settings, bad):
    client = owner(dispute)
    answer = send(client, dispute, (bad.name, hostile.built(bad.id)))
    if bad.ends == "refused":
        assert answer.status_code in (413, 422)
        assert not Upload.objects.exists() and not stored()
        return
    assert answer.status_code == 302
    upload = Upload.objects.get()
    assert upload.status == Status.PENDING and client.get(address(upload)).status_code == 404
    with fake_scanner(scanner) as settings.CLAMD_URL:
        assert not intake.check_next(at=now())
    upload.refresh_from_db()
    assert upload.status == bad.ends and (upload.problem == bad.problem or not bad.problem)
    got = client.get(address(upload))
    assert got.status_code == (200 if bad.ends == "clean" else 404)
    if bad.ends == "clean":
        assert got.headers["Content-Disposition"].startswith("attachment;")
        assert digest(b"".join(got.streaming_content)) == upload.copy_sha256
        assert len(stored()) == 2  # and the original
    else:  # a quarantined original is kept, a rejected one is of no use
        page = client.get(reverse("disputes:files", args=[dispute.number])).content.decode()
        assert upload.get_status_display() in page


@pytest.mark.parametrize(("came", "shown"), hostile.NAMES.values(), ids=hostile.NAMES)
def test_hostile_names_are_only_shown(dispute, quick, came, shown):
    client = owner(dispute)
    assert send(client, dispute, (came, hostile.built("UPL-32"))).status_code == 302
    assert Upload.objects.get().name == shown
    intake.check_next(at=now())
    got = client.get(address(Upload.objects.get()))
    assert "X-Injected" not in got.headers and "\n" not in got.headers["Content-Disposition"]
    assert all(name.split("/")[1].startswith(str(Upload.objects.get().ref)) for name in stored())


def test_the_copy_is_never_shown_in_the_browser(dispute, quick):
    """UPL-85, UPL-86: asked for inline, or for a thousand ranges, it is the whole attachment."""
    upload = cleaned(dispute)
    ranges = {"Range": "bytes=" + ",".join(["0-"] * 1000)}
    got = owner(dispute).get(address(upload) + "?inline=1", headers=ranges)
    assert got.status_code == 200
    assert len(b"".join(got.streaming_content)) == upload.copy_size
    assert got.headers["Content-Disposition"] == 'attachment; filename="a.pdf"'
    assert got.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in got.headers["Cache-Control"]
    assert got.headers["Content-Type"] == "application/pdf"
    assert AuditEvent.objects.filter(verb="disputes.upload.downloaded").count() == 1


# == what is refused, and what is not lost for it


def test_good_files_are_kept_beside_bad_ones(dispute):
    good, bad = ("1.png", hostile.built("png")), ("2.svg", hostile.built("UPL-18"))
    answer = send(owner(dispute), dispute, bad, good)
    assert answer.status_code == 422
    assert "2.svg: We can read photos" in answer.content.decode()
    assert [each.name for each in Upload.objects.all()] == ["1.png"]


@pytest.mark.parametrize("facts", [{}, {"file": "text, not a file"}])  # UPL-91
def test_no_file_says_so(dispute, facts):
    url = reverse("disputes:files", args=[dispute.number])
    answer = owner(dispute).post(url, facts)
    assert answer.status_code == 422 and "Choose a photo or a PDF file." in answer.content.decode()


def test_a_request_that_is_too_long_or_of_unknown_length_is_not_read(dispute):
    """UPL-51, UPL-90."""
    url, client = reverse("disputes:files", args=[dispute.number]), owner(dispute)
    kind = "multipart/form-data; boundary=x"
    answer = client.generic("POST", url, b"x", kind, CONTENT_LENGTH="200000000")
    assert answer.status_code == 413 and "too large together" in answer.content.decode()
    assert client.generic("POST", url, b"x", kind, CONTENT_LENGTH="-1").status_code == 413
    assert client.post(url, headers={"Transfer-Encoding": "chunked"}).status_code == 411
    answer = client.generic("POST", url, b"--x\r\nhalf", kind, CONTENT_LENGTH="4")
    assert answer.status_code in (400, 422)


def test_limits_of_number_space_and_hours(dispute, quick, monkeypatch):
    for n in range(limits.MOST):
        added(dispute, b"%%PDF- startxref %d" % n)
    with pytest.raises(Refused) as no:
        added(dispute)
    assert no.value.rule == "FILE-COUNT"
    Upload.objects.filter(pk=dispute.uploads.last().pk).update(removed_at=now())
    Upload.objects.filter(pk=dispute.uploads.first().pk).update(size=limits.MOST_OF_A_PERSON)
    answer = send(owner(dispute), dispute, ("a.pdf", hostile.built("UPL-32")))  # UPL-92
    assert answer.status_code == 422 and "100 MB" in answer.content.decode()
    Upload.objects.update(size=1)
    left = limits.MOST_AN_HOUR - limits.MOST - 2
    for _ in range(left):
        added(dispute, b"%PDF- startxref 0")  # the same one again counts, too
    with pytest.raises(Refused) as no:
        added(dispute)
    assert no.value.rule == "FILE-HOUR"
    assert len(stored()) == limits.MOST  # nothing is left behind of what was refused


def test_the_same_bytes_twice_are_one_file(dispute, quick):
    assert added(dispute, name="a.pdf").pk == added(dispute, name="b.pdf").pk
    assert len(stored()) == 1


def test_a_rejected_file_can_be_sent_again(dispute):
    first = cleaned(dispute, hostile.built("no-pixels"))
    assert first.status == Status.REJECTED
    assert added(dispute, hostile.built("no-pixels")).pk != first.pk


@pytest.mark.parametrize("status", Dispute.Status.values)
def test_only_an_open_case_takes_files(status, quick):
    dispute = scene.case(account_of(cardholder()), status)
    if status in ("draft", *Dispute.LIVE):
        assert added(dispute).dispute == dispute
        return
    with pytest.raises(Refused) as no:
        added(dispute)
    assert no.value.rule == "FILE-CLOSED" and not stored()
    page = owner(dispute).get(reverse("disputes:files", args=[dispute.number]))
    assert page.status_code == 200 and "multipart" not in page.content.decode()


def test_nothing_is_left_behind_when_a_step_fails(dispute, monkeypatch):
    def fails(*args, **facts):
        raise RuntimeError("no audit trail, no file")

    monkeypatch.setattr(taking, "record", fails)
    with pytest.raises(RuntimeError):
        added(dispute)
    assert not stored() and not Upload.objects.exists()


def test_consent_is_asked_for_and_never_given_beforehand(dispute, quick):
    client = owner(dispute)
    page = client.get(reverse("disputes:files", args=[dispute.number])).content.decode()
    assert 'name="sensitive"' in page and "checked" not in page
    send(client, dispute, ("a.pdf", hostile.built("UPL-32")), sensitive="on", purpose="authority")
    upload = Upload.objects.get()
    assert upload.sensitive and upload.purpose == "authority"
    event = AuditEvent.objects.get(verb="disputes.upload.added")
    assert event.data["sensitive"] is True and "a.pdf" not in str(event.data)


# == at rest


def test_bytes_lie_encrypted_and_bound_to_their_file(dispute, quick):
    upload, other = cleaned(dispute), added(dispute, b"%PDF- startxref 2")
    disk = storages["evidence"]
    for name in stored():
        with disk.open(name) as file:
            assert b"%PDF" not in file.read()
    assert store.original(upload) == hostile.built("UPL-32")
    a, b = (disk.path(store.name_of(each.ref, store.ORIGINAL)) for each in (upload, other))
    with open(a, "rb") as one, open(b, "r+b") as two:
        two.write(one.read())
    with pytest.raises(Damaged):
        store.original(other)


def test_files_are_taken_back_only_before_the_case_is_sent(dispute, quick):
    upload, client = cleaned(dispute, sensitive=True), owner(dispute)
    assert upload.name == "a.pdf" and "a.pdf" not in upload.sealed_name
    client.post(address(upload, "remove_file"))
    upload.refresh_from_db()
    assert (upload.name, upload.sensitive) == ("", False)
    assert upload.removed_at and client.get(address(upload)).status_code == 404
    assert not Upload.objects.filter(next_try_at__isnull=False).exists()
    again = added(dispute)
    Dispute.objects.filter(pk=dispute.pk).update(submitted_at=now(), status="withdrawn")
    client.post(address(again, "remove_file"))
    again.refresh_from_db()
    assert again.removed_at is None


@pytest.mark.django_db(transaction=True)
def test_bytes_of_what_is_taken_back_or_of_no_use_are_deleted(dispute):
    first = added(dispute, hostile.built("png"))
    intake.check_next(at=now())  # whoever was called after the commit was first
    first.refresh_from_db()
    assert first.status == Status.CLEAN and len(stored()) == 2
    files.remove(first, by=dispute.started_by, at=now())
    added(dispute, hostile.built("no-pixels"))
    assert Upload.objects.latest("pk").status == Status.REJECTED
    assert not stored()
    with pytest.raises(Gone):
        store.original(first)


def test_bytes_that_no_row_names_are_swept_after_a_day(dispute, quick, settings):
    kept, rejected = cleaned(dispute), added(dispute, b"%PDF- startxref 2")
    Upload.objects.filter(pk=rejected.pk).update(status="rejected", next_try_at=None)
    store.keep(Upload().ref, store.ORIGINAL, b"a stray")
    store.keep(kept.ref, "0" * 64, b"the copy of a worker that was killed")
    settings.INCOMING_DIR.mkdir()
    (settings.INCOMING_DIR / "tmp1.upload").write_bytes(b"half")
    assert strays.sweep(at=now()) == 0
    assert strays.sweep(at=now() + 2 * strays.AGE) == 4
    parts = {store.ORIGINAL, kept.copy_sha256}
    assert set(stored()) == {store.name_of(kept.ref, part) for part in parts}


# == the worker


def test_a_worker_that_was_killed_costs_its_lease(dispute, quick):
    upload, at = added(dispute), now()
    assert intake.claim(at=at) == upload
    assert intake.claim(at=at) is None
    assert not intake.check_next(at=at + intake.LEASE / 2)
    upload.refresh_from_db()
    assert upload.status == Status.PENDING
    intake.check_next(at=at + intake.LEASE)
    upload.refresh_from_db()
    assert (upload.status, upload.tries) == (Status.CLEAN, 2)


def test_a_worker_whose_lease_was_over_writes_nothing(dispute, monkeypatch):
    upload, at = added(dispute), now()

    def slow(kind, data):
        assert intake.claim(at=at + intake.LEASE) == upload  # a second worker takes it meanwhile
        return Verdict(media_type="application/pdf", pages=1), b"%PDF-late"

    monkeypatch.setattr(apart, "check", slow)
    intake.check_next(at=at)
    upload.refresh_from_db()
    assert (upload.status, upload.copy_sha256) == (Status.PENDING, "")
    assert upload.next_try_at == at + 2 * intake.LEASE


def test_a_file_taken_back_while_it_is_looked_at_leaves_nothing(dispute, monkeypatch):
    upload = added(dispute)

    def slow(kind, data):
        Upload.objects.filter(pk=upload.pk).update(removed_at=now(), next_try_at=None)
        store.drop(upload)
        return Verdict(media_type="application/pdf", pages=1), b"%PDF-late"

    monkeypatch.setattr(apart, "check", slow)
    intake.check_next(at=now())
    assert not stored()


def test_bytes_that_are_held_back_already_are_told_so(dispute):
    held = cleaned(dispute, hostile.built("UPL-24"))
    assert held.status == Status.QUARANTINED
    with pytest.raises(Refused) as no:
        added(dispute, hostile.built("UPL-24"))
    assert no.value.rule == "FILE-HELD" and len(stored()) == 1


def test_a_scanner_that_is_down_makes_nothing_clean(dispute, quick, settings):
    """UPL-87."""
    upload, at = added(dispute), now()
    settings.CLAMD_URL = closed_port()
    assert not intake.check_next(at=at)
    upload.refresh_from_db()
    assert upload.status == Status.PENDING and upload.next_try_at > at
    assert owner(dispute).get(address(upload)).status_code == 404
    with fake_scanner(lambda data: "INSTREAM size limit exceeded. ERROR") as settings.CLAMD_URL:
        intake.check_next(at=at + timedelta(hours=2))
    upload.refresh_from_db()
    assert upload.status == Status.PENDING
    with fake_scanner(scanner) as settings.CLAMD_URL:
        intake.check_next(at=at + timedelta(hours=4))
    upload.refresh_from_db()
    assert (upload.status, upload.tries) == (Status.CLEAN, 3)


@pytest.mark.parametrize("tries", [intake.ALARMS - 2, intake.ALARMS - 1])
def test_a_file_that_no_scanner_takes_alarms_in_the_end(dispute, settings, caplog, tries):
    upload = added(dispute)
    Upload.objects.filter(pk=upload.pk).update(tries=tries)
    settings.CLAMD_URL = closed_port()
    with caplog.at_level(logging.WARNING):
        intake.check_next(at=now())
    assert [each.levelname for each in caplog.records if str(upload.ref) in each.message] == [
        "ERROR" if tries + 1 >= intake.ALARMS else "WARNING"
    ]


@pytest.mark.parametrize("status", ["draft", "received"])
def test_an_owner_who_has_gone_is_told(status, monkeypatch):
    dispute = scene.case(account_of(cardholder()), status)
    monkeypatch.setattr(apart, "check", lambda kind, data: (Verdict(problem="pages"), b""))
    cleaned(dispute)
    mails = Notice.objects.filter(kind="dispute.files_held")
    assert mails.count() == (0 if status == "draft" else 1)


# == whose files they are


def test_files_of_others_and_of_other_cases_are_not_found(dispute, quick):
    upload = cleaned(dispute)
    stranger, account = Client(), account_of(cardholder(), ref="AC0002")
    sign_in(stranger, account.cardholder.user)
    own = scene.case(account, Dispute.Status.DRAFT)
    foreign = reverse("disputes:file", args=[own.number, upload.ref])
    unknown = reverse("disputes:file", args=[own.number, Upload().ref])
    for url in (address(upload), foreign, unknown):
        assert stranger.get(url).status_code == 404
    for name in ("remove_file",):
        url = reverse(f"disputes:{name}", args=[own.number, upload.ref])
        assert stranger.post(url).status_code == 404
    assert send(stranger, dispute, ("a.pdf", b"%PDF-")).status_code == 404
    upload.refresh_from_db()
    assert upload.removed_at is None


def test_staff_see_pages_and_each_look_is_logged():
    dispute = scene.case(account_of(cardholder()), "received")
    upload = cleaned(dispute, hostile.built("png"))
    handler = sign_in(Client(), staff("complaint_handler"))
    page = handler.get(address(upload, "staff_page", 1))
    assert page.headers["Content-Type"] == "image/png" and page.content.startswith(b"\x89PNG")
    assert "sandbox" in page.headers["Content-Security-Policy"]
    assert handler.get(address(upload, "staff_file")).status_code == 200
    assert handler.get(address(upload, "staff_page", 2)).status_code == 404
    assert StaffView.objects.count() == 3
    other = scene.case(account_of(cardholder(), ref="AC0002"), "received")
    assert (
        handler.get(reverse("disputes:staff_file", args=[other.number, upload.ref])).status_code
        == 404
    )
    agent = sign_in(Client(), staff("agent"))
    assert agent.get(address(upload, "staff_file")).status_code == 403


def test_staff_get_nothing_before_the_verdict(quick):
    dispute = scene.case(account_of(cardholder()), "received")
    upload, handler = added(dispute), sign_in(Client(), staff("complaint_handler"))
    for status in ("pending", "quarantined", "rejected"):
        Upload.objects.filter(pk=upload.pk).update(status=status)
        for url in (address(upload, "staff_page", 1), address(upload, "staff_file")):
            assert handler.get(url).status_code == 404


def test_a_page_that_cannot_be_drawn_now_says_so(quick, monkeypatch):
    upload = cleaned(scene.case(account_of(cardholder()), "received"))
    handler = sign_in(Client(), staff("supervisor"))
    assert handler.get(address(upload, "staff_page", 1)).status_code == 503  # no PDF at all


def test_a_file_held_back_is_looked_at_again_with_a_reason(monkeypatch):
    dispute, supervisor = scene.case(account_of(cardholder()), "received"), staff("supervisor")
    upload = cleaned(dispute, hostile.built("UPL-24"))
    client = sign_in(Client(), supervisor)
    url = address(upload, "release_file")
    assert client.post(url, {"reason": ""}).status_code == 422
    assert client.post(url, {"reason": "The signature was wrong."}).status_code == 302
    upload.refresh_from_db()
    assert (upload.status, upload.released_by) == (Status.PENDING, supervisor)
    assert Message.objects.get(kind="note").body == "a.pdf: The signature was wrong."
    intake.check_next(at=now())
    upload.refresh_from_db()
    assert upload.status == Status.QUARANTINED  # nobody lets it through by hand
    assert client.get(url).status_code == 200
    Dispute.objects.filter(pk=dispute.pk).update(taken_by=supervisor)
    assert client.post(url, {"reason": "again"}).status_code == 422
    handler = sign_in(Client(), staff("complaint_handler"))
    assert handler.post(url, {"reason": "x"}).status_code == 403


# == htmx


def test_the_list_asks_for_itself_until_all_is_checked(dispute, quick):
    client, htmx = owner(dispute), {"HX-Request": "true"}
    part = send(client, dispute, ("a.pdf", hostile.built("UPL-32")), headers=htmx)
    body = part.content.decode()
    assert part.status_code == 200 and "<html" not in body and 'hx-trigger="every 2s"' in body
    upload = Upload.objects.get()
    url = reverse("disputes:files", args=[dispute.number])
    assert client.get(url, {"seen": f"{upload.pk}p"}, headers=htmx).status_code == 204
    intake.check_next(at=now())
    body = client.get(url, {"seen": f"{upload.pk}p"}, headers=htmx).content.decode()
    assert "Received whole" in body and "hx-trigger" not in body and "<form" in body
    bad = send(client, dispute, ("x.svg", hostile.built("UPL-18")), headers=htmx)
    assert bad.status_code == 422 and "<html" not in bad.content.decode()


@pytest.mark.parametrize(
    ("asked", "back"),
    [
        ("/disputes/drafts/X/files/", "/disputes/drafts/X/files/"),
        ("https://bad.example/disputes/", ""),
        ("//bad.example/disputes/", ""),
        ("/staff/", ""),
        ("", ""),
    ],
)
def test_one_goes_back_to_where_one_was(dispute, quick, asked, back):
    url = reverse("disputes:files", args=[dispute.number])
    sent = {"file": io.BytesIO(hostile.built("UPL-32"))}
    answer = owner(dispute).post(f"{url}?next={asked}", sent)
    here = reverse("disputes:step", args=[dispute.number, "files"])
    assert answer.headers["Location"] == (back or here)


# == in parallel


@pytest.mark.django_db(transaction=True)
def test_parallel_uploads_stay_within_the_limit_and_make_one_of_the_same(dispute, monkeypatch):
    monkeypatch.setattr(intake, "wake", lambda: None)
    for n in range(limits.MOST - 2):
        added(dispute, b"%%PDF- startxref %d" % n)
    sent = [
        b"%PDF- startxref same",
        b"%PDF- startxref same",
        b"%PDF- startxref x",
        b"%PDF- startxref y",
    ]

    def one(i):
        try:
            return str(added(Dispute.objects.get(pk=dispute.pk), sent[i]).sha256)
        except Refused as no:
            return no.rule

    results = in_parallel(len(sent), one)
    assert dispute.uploads.count() == limits.MOST == len(stored())
    assert 1 <= results.count("FILE-COUNT") <= 2 and len(set(results)) >= 3
