"""Who made contact to collect, or whose own case it is, never reads it; decided ones are found."""

import pytest
from django.urls import reverse
from django.utils.timezone import now

from accounts.models import ContactAttempt
from disputes.actions import answering
from portal.kit.errors import Refused
from tests.disputes.scene import Scene, Status, case, line, record
from tests.files import kept
from tests.people import sign_in, staff

pytestmark = pytest.mark.django_db
SECRET = "He shouted at me."


@pytest.fixture
def scene():
    return Scene.made()


def called(scene, user):
    user.collector_code = "E-77"
    user.save()
    ContactAttempt.objects.create(
        ref="C-77", account=scene.account, at=now(), channel="call", by="E-77", purpose="x",
        outcome="y",
    )  # fmt: skip


def pages(dispute, upload):
    """Every way to its words, and whether it is posted."""
    number = dispute.number
    for name in ("staff_case", "ask", "decide", "extend", "note", "inward", "papers"):
        yield False, reverse(f"disputes:{name}", args=[number])
    for name in ("take", "note", "message", "propose", "clock", "resume"):
        yield True, reverse(f"disputes:{name}", args=[number])
    yield False, reverse("disputes:staff_letter", args=[number, f"{number}-1"])
    yield False, reverse("disputes:staff_file", args=[number, upload.ref])
    yield False, reverse("disputes:staff_page", args=[number, upload.ref, 1])


@pytest.mark.parametrize("role", ["complaint_handler", "supervisor"])
def test_the_person_complained_about_reads_nothing_of_it(client, scene, role):
    user = staff(role)
    dispute = case(scene.account, words=SECRET, matter="contact", reason="not_mine")
    upload = kept(dispute)
    client = sign_in(client, user)
    url = reverse("disputes:staff_case", args=[dispute.number])
    assert SECRET in client.get(url).content.decode()
    called(scene, user)
    for posted, address in pages(dispute, upload):
        answer = client.post(address) if posted else client.get(address)
        assert answer.status_code == 403, address
        assert SECRET not in answer.content.decode()
    assert "A colleague without a part in it" in client.get(url).content.decode()
    queue = client.get(reverse("disputes:queue"), {"tab": "open"}).content.decode()
    assert dispute.number in queue and url not in queue and "It is not mine" not in queue
    with pytest.raises(Refused, match="without a part"):
        answering.say(dispute, "x", by=user, at=now(), came=answering.Came("phone", now()))
    assert not dispute.messages.exists()


def test_nobody_reads_their_own_case_as_staff(client, scene):
    dispute = case(scene.account)
    holder = scene.account.cardholder
    holder.user = scene.handler
    holder.save()
    client = sign_in(client, scene.handler)
    url = reverse("disputes:staff_case", args=[dispute.number])
    assert client.get(url).status_code == 403


@pytest.mark.parametrize("status", [Status.UPHELD, Status.WITHDRAWN, Status.FINAL])
def test_a_case_that_ended_is_found_by_its_number_and_account(client, scene, status):
    dispute = case(scene.account, status)
    live = case(scene.account)
    client = sign_in(client, scene.handler)

    def found(**asked):
        page = client.get(reverse("disputes:queue"), asked)
        return [row.case for row, _person in page.context["rows"]]

    assert found(tab="mine", find=dispute.number.lower()) == [dispute]
    assert found(tab="late", find=scene.account.ref) == [live, dispute]
    assert found(tab="decided") == [dispute]
    assert found(tab="open") == [live]


@pytest.mark.parametrize(
    ("role", "leads"), [("complaint_handler", True), ("auditor", True), ("agent", False)]
)
def test_the_account_leads_to_its_cases_for_those_who_may_read_them(client, scene, role, leads):
    page = sign_in(client, staff(role)).get(
        reverse("accounts:staff_account", args=[scene.account.ref])
    )
    assert (f"?find={scene.account.ref}" in page.content.decode()) == leads


def test_who_decides_sees_files_words_and_which_line_is_meant(client, scene):
    reported = record(scene.account)
    dispute = case(scene.account, Status.IN_REVIEW, taken_by=scene.handler, words=SECRET)
    line(dispute, "record", f"{scene.account.ref}:{reported.period}", extra={"days": 31})
    kept(dispute, pages=23)
    client = sign_in(client, scene.handler)
    url = reverse("disputes:decide", args=[dispute.number])
    page = client.get(url).content.decode()
    for text in (SECRET, "receipt.png", "Nothing has been said yet.", "Pages 11 to 20",
                 "Pages 21 to 23", f"/{23}.png"):  # fmt: skip
        assert text in page, text
    wrong = client.post(url, {"own": "x"}).content.decode()
    assert "<bdi>Overdue record for September 2026</bdi> · The answer for this line" in wrong
