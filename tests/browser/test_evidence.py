"""On a phone: ask for a document, watch it being made, keep it, check it by file and by code."""

import io
import zipfile
from pathlib import Path

import pytest

from accounts import tasks
from accounts.evidence import actions
from accounts.models import EvidenceRequest
from tests.accounts.evidence_pages.scene import Scene, documents_of
from tests.people import in_parallel


@pytest.fixture
def scene(transactional_db, development_seal, monkeypatch):
    """The worker is the test: it works when told to."""
    monkeypatch.setattr("accounts.tasks.prepare_evidence.delay", lambda: None)
    return Scene.made(full_name="示例䶮𠮷")


def kept(page, press, path: Path) -> bytes:
    with page.expect_download() as waiting:
        press()
    waiting.value.save_as(path)
    return path.read_bytes()


def test_a_document_is_asked_for_watched_kept_and_checked(
    scene, page, live_server, sign_in, axe, tmp_path
):
    sign_in(scene.holder)
    url = live_server.url
    page.goto(f"{url}/arrears/{scene.account.ref}/")
    page.get_by_role("link", name="Get a certified statement").click()
    page.locator("[name=preset]").select_option("all")
    page.locator("[name=from_on]").wait_for(state="hidden")
    page.locator("[name=languages][value=en]").check()
    page.locator("[name=with_contacts]").check()
    axe(page)
    page.get_by_role("button", name="Ask for this document").click()
    page.get_by_role("heading", name="We have your request").wait_for()
    axe(page)
    watch(page)
    axe(page)
    keep_and_check(page, url, axe, tmp_path)


def watch(page):
    """The page changes by itself at each step of the worker, and stops asking at the end."""
    asked = EvidenceRequest.objects.get()
    polls = []
    page.on("request", lambda request: "seen=" in request.url and polls.append(request.url))
    claimed = actions.claim(asked.pk, at=asked.next_try_at)
    page.locator("#state li.now").wait_for()
    actions.put_back(claimed, problem="", next_try_at=asked.requested_at, at=asked.requested_at)
    EvidenceRequest.objects.update(tries=0)
    in_parallel(1, lambda _: tasks.prepare_evidence())  # beside Playwright's event loop
    row = EvidenceRequest.objects.get()
    assert row.status == "ready", row.problem
    page.get_by_role("heading", name="Your document is ready").wait_for()
    asked_so_far = len(polls)
    page.wait_for_timeout(2500)
    assert len(polls) == asked_so_far > 0


def keep_and_check(page, url, axe, folder):
    asked = EvidenceRequest.objects.get()
    document = next(each for each in documents_of(asked) if each.language == "en")
    card = page.locator("section", has=page.locator("#file-en"))
    pdf = kept(page, card.get_by_role("link", name="Download the document").click, folder / "a.pdf")
    assert pdf.startswith(b"%PDF")
    pack = kept(page, card.get_by_role("link", name="Proof pack").click, folder / "a.zip")
    with zipfile.ZipFile(io.BytesIO(pack)) as files:
        assert pdf in [files.read(name) for name in files.namelist()]
    page.get_by_role("link", name="Read it line by line").click()
    axe(page)
    page.get_by_role("link", name="P-0001").click()
    page.get_by_text(document.sha256).wait_for()
    axe(page)
    page.goto(f"{url}/evidence/")
    axe(page)
    page.goto(f"{url}/verify/{document.code}/")
    page.get_by_text(document.sha256).wait_for()
    page.goto(f"{url}/verify/")
    page.locator("input[type=file]").set_input_files(folder / "a.pdf")
    page.locator("main form:has(input[type=file]) button").click()
    page.get_by_text(asked.number).first.wait_for()
