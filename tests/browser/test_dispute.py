"""A case in a real browser: filed on a phone in Chinese, decided at a desk in English.

The worker is the test: it works when told to. What the other side does meanwhile is done by the
actions. Every page is looked through by axe.
"""

import io

import pytest
from django.utils.timezone import now
from PIL import Image

from accounts.tasks import check_uploads
from disputes import tasks
from disputes.actions import deciding, filing, handling
from disputes.actions.deciding import Said
from disputes.actions.drafting import Right
from disputes.models import Decision, Dispute, Letter, Upload
from portal.records import documents, verification
from portal.records.models import OutboxEvent
from tests.browser.conftest import DESK, PHONE
from tests.browser.test_thread import Reader
from tests.disputes.scene import Scene, record
from tests.people import in_parallel, staff


@pytest.fixture
def scene(transactional_db, development_seal, monkeypatch):
    for task in ("accounts.tasks.check_uploads", "disputes.tasks.draw_letters"):
        monkeypatch.setattr(f"{task}.delay", lambda: None)
    made = Scene.made()
    record(made.account)
    return made


def photo():
    """A phone's photo of a receipt, with a place in it that nobody must learn."""
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x010F] = "A phone"
    exif.get_ifd(0x8825)[1] = "N"
    Image.new("RGB", (1200, 900), "white").save(out, "JPEG", exif=exif)
    return {"name": "收据.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def work(task):
    in_parallel(1, lambda _: task())  # beside Playwright's event loop


def onward(page):
    page.locator("main form button.btn-primary").last.click()


def test_on_a_phone_in_chinese_from_the_record_to_the_letter(
    scene, page, context, live_server, sign_in, axe, tmp_path
):
    url, reader = live_server.url, Reader(page, "zh-hans", axe)
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    context.add_cookies([{"name": "django_language", "value": "zh-hans", "url": url}])
    sign_in(scene.holder)
    file_it(reader, url, scene, axe)
    case = Dispute.objects.get()
    assert (case.status, case.language) == ("received", "zh-hans")
    reader.sees(case.number)
    axe(page)
    work(check_uploads)
    work(tasks.draw_letters)
    page.reload()
    assert Upload.objects.get().status == "clean"
    letter_is_kept(reader, case, "receipt", tmp_path)

    handling.take(case, declared=True, by=scene.handler, at=now())
    case.refresh_from_db()
    handling.ask(case, kinds=["facts"], body="哪一天付的款？", by=scene.handler, at=now())
    page.reload()
    reader.sees("哪一天付的款？")
    axe(page)
    page.locator("main form textarea").first.fill("九月一日。")
    page.locator("main form:has(textarea) button.btn-primary").first.click()
    reader.sees("九月一日。")
    case.refresh_from_db()
    assert case.status == "in_review"

    line = case.lines.get()
    said = Said(line, Decision.Outcome.UPHELD, right_days=0, right_code="N")
    deciding.propose(
        case, [said], reasons="款项已于九月一日入账。", cause="late_posting",
        basis=deciding.basis_of(case), by=scene.handler, at=now(),
    )  # fmt: skip
    work(tasks.draw_letters)
    page.reload()
    axe(page)
    letter_is_kept(reader, case, "decision", tmp_path)
    assert OutboxEvent.objects.filter(type="record.correct").count() == 1


def filed(scene):
    """A case about one record, sent in as the staff would take it down."""
    name = ("record", f"{scene.account.ref}:2026-09")
    told = filing.Filed("record", "en", reason="already_paid", lines={name: Right(None, None)})
    return filing.record_received(
        scene.account, told, channel="phone", received_at=now(), by=staff("supervisor"), at=now()
    )


def file_it(reader, url, scene, axe):
    page = reader.page
    page.goto(f"{url}/disputes/new/{scene.account.ref}/?line=record:{scene.account.ref}:2026-09")
    axe(page)
    onward(page)
    page.wait_for_url("**/reason/")
    axe(page)
    page.locator("[name=reason][value=already_paid]").check()
    onward(page)
    page.wait_for_url("**/right/")
    page.locator("[name=words]").fill("九月一日我已经还清。")
    axe(page)
    onward(page)
    page.wait_for_url("**/files/")
    page.locator("input[type=file]").set_input_files([photo()])
    page.locator("#file-list-evidence bdi").first.wait_for()
    axe(page)
    onward(page)
    page.wait_for_url("**/contact/")
    page.locator("[name=contact_by][value=portal]").check()
    axe(page)
    onward(page)
    page.wait_for_url("**/check/")
    axe(page)
    onward(page)
    page.wait_for_url("**/disputes/DP-*/")


def letter_is_kept(reader, case, kind, folder):
    letter = Letter.objects.get(dispute=case, kind=kind)
    assert letter.document, letter.problem
    with reader.page.expect_download() as waiting:
        reader.page.locator(f"a[href$='{letter.number}.pdf']").first.click()
    waiting.value.save_as(folder / f"{kind}.pdf")
    pdf = (folder / f"{kind}.pdf").read_bytes()
    assert documents.digest(pdf) == letter.document.sha256
    assert in_parallel(1, lambda _: verification.check(pdf).outcome) == ["valid"]


def test_at_a_desk_in_english_from_the_queue_to_the_letter(
    scene, page, live_server, sign_in, axe, tmp_path
):
    case = filed(scene)
    url, reader = live_server.url, Reader(page, "en", axe)
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    sign_in(scene.handler)
    page.goto(f"{url}/staff/disputes/")
    page.get_by_role("link", name="Nobody has them").click()
    axe(page)
    page.get_by_role("link", name=case.number).first.click()
    axe(page)
    page.get_by_label("I have no interest in this matter").check()
    reader.press("Take this case")
    page.get_by_role("link", name="Decide").first.click()
    axe(page)
    line = case.lines.get()
    page.locator(f"[name=outcome_{line.pk}][value=rejected]").check()
    page.locator("[name=own]").fill("The payment came on 3 October, after the month was reported.")
    page.locator("[name=cause]").select_option("no_fault")
    reader.press("Show me the letter")
    reader.sees("The payment came on 3 October")
    axe(page)
    reader.press("Make this decision")
    page.wait_for_url(f"**/staff/disputes/{case.number}/")
    case.refresh_from_db()
    assert case.status == "rejected"
    for _ in range(2):  # the receipt waited too
        work(tasks.draw_letters)
    page.reload()
    axe(page)
    letter_is_kept(reader, case, "decision", tmp_path)
