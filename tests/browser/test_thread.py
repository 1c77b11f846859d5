"""The whole thread in a real browser: letter, arrears, request, offer, signature, check.

Once on a phone in Chinese, once on a desk in English; every page is looked through by axe.
"""

import subprocess
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils.timezone import localdate, now
from django.utils.translation import gettext, override

from accounts import activation
from accounts.feed.make import write_feed
from accounts.models import CardAccount, Cardholder, Hold
from plans.models import Agreement, PlanRequest
from portal.records.models import OutboxEvent
from tests import hostile
from tests.browser.conftest import DESK, PHONE
from tests.people import mailed_code, sign_in, staff


@pytest.fixture
def letter(tmp_path, transactional_db, development_seal):
    """A feed is loaded; archetype 9 (rare name, three months behind) gets a letter."""
    write_feed(tmp_path / "feed", accounts=12, seed=1, as_of=localdate())
    call_command("import_feed", tmp_path / "feed", verbosity=0)
    holder = Cardholder.objects.get(ref="C0000009")
    return holder, activation.issue_code(holder, by=None, at=now())


class Reader:
    """Finds things by their words, in the language of the page."""

    def __init__(self, page, language, axe):
        self.page, self.language, self.check = page, language, axe

    def t(self, text):
        with override(self.language):
            return gettext(text)

    def press(self, text):
        self.page.get_by_role("button", name=self.t(text), exact=True).first.click()

    def follow(self, text):
        self.page.get_by_role("link", name=self.t(text), exact=True).first.click()

    def fill(self, name, value):
        self.page.locator(f"[name={name}]").fill(value)

    def sees(self, text):
        self.page.get_by_text(text, exact=False).first.wait_for()


def activate(reader, url, holder, code):
    reader.page.goto(f"{url}/activate/")
    reader.check(reader.page)
    reader.fill("reference", holder.ref.lower())
    reader.fill("code", code)
    reader.fill("born_on", holder.person.date_of_birth.isoformat())
    reader.page.locator("main form button.btn-primary").click()
    reader.fill("email", f"thread-{reader.language}@example.com")
    reader.check(reader.page)
    reader.page.locator("main form button.btn-primary").click()
    reader.page.wait_for_url("**/activate/code/")
    reader.fill("code", mailed_code("activation_code"))
    reader.check(reader.page)
    reader.page.locator("main form button.btn-primary").click()
    reader.page.wait_for_url("**/activate/done/")
    reader.check(reader.page)


def ask(reader, url, account):
    reader.page.goto(f"{url}/arrears/")
    reader.check(reader.page)
    reader.page.goto(f"{url}/arrears/{account.ref}/")
    reader.check(reader.page)
    reader.page.goto(f"{url}/arrears/{account.ref}/pay/")
    reader.check(reader.page)
    reader.page.goto(f"{url}/plans/request/{account.ref}/")
    reader.fill("months", "4")
    reader.page.locator("#quote table tbody tr").nth(3).wait_for(
        state="attached"
    )  # htmx worked it out
    reader.check(reader.page)
    reader.press("Continue")
    reader.page.wait_for_url("**/plans/requests/*/")
    reader.check(reader.page)
    reader.press("Send request")
    reader.sees(reader.t("We have your request"))
    reader.check(reader.page)
    hand_in(reader)


def hand_in(reader):
    """A photo that shows what was told, once the person has agreed that it is kept."""
    file = reader.page.locator("input[type=file]")
    slip = {"name": "slip.png", "mimeType": "image/png", "buffer": hostile.built("png")}
    reader.page.locator("[name=sensitive]").check()
    file.set_input_files(slip)
    reader.page.locator("#files-papers .tag-ok").wait_for()
    reader.check(reader.page)


def decide(browser, url, axe, size):
    """An agent with a session of their own takes the request and offers what was asked."""
    agent = staff("agent")
    client = sign_in(Client(), agent)
    context = browser.new_context(locale="en-GB", viewport={"width": size[0], "height": size[1]})
    context.add_cookies([{"name": "sid", "value": client.cookies["sid"].value, "url": url}])
    page = context.new_page()
    reader = Reader(page, "en", axe)
    page.goto(f"{url}/staff/plans/")
    axe(page)
    reader.follow(PlanRequest.objects.get().number)
    page.get_by_role("img", name="slip.png").wait_for()
    reader.press("Take this request")
    for finding in ("exceeds_ability", "still_willing"):
        page.locator(f"[value={finding}]").check()
    axe(page)
    reader.press("Make the offer")
    page.get_by_role("heading", name="Offer PA-").wait_for(timeout=6_000)  # rendered on the way
    context.close()


def sign(reader, url, name):
    reader.page.goto(f"{url}/plans/")
    reader.check(reader.page)
    reader.page.locator("main section a").first.click()
    reader.check(reader.page)
    reader.press("I have read it: send me a code to sign")
    reader.page.wait_for_url("**/sign/")
    for tick in ("agree", "no_new_card", "electronic"):
        reader.page.locator(f"[name={tick}]").check()
    reader.fill("name", name)
    reader.fill("code", mailed_code("step_up"))
    reader.check(reader.page)
    reader.press("Sign the agreement")
    reader.page.wait_for_url("**/plans/agreements/*/")
    reader.sees(reader.t("Your plan is in place"))
    reader.check(reader.page)


def keep_and_check(reader, url, tmp_path):
    with reader.page.expect_download() as waiting:
        reader.follow("Download the signed agreement (PDF)")
    path = Path(tmp_path / "agreement.pdf")
    waiting.value.save_as(path)
    out = subprocess.run(["pdfsig", str(path)], capture_output=True, text=True).stdout
    assert "Signature is Valid." in out and "Total document signed" in out
    text = subprocess.run(
        ["pdftotext", str(path), "-"], capture_output=True, check=True
    ).stdout.decode()
    assert "示例䶮𠮷" in text
    reader.page.goto(f"{url}/verify/")
    reader.check(reader.page)
    reader.page.locator("input[type=file]").set_input_files(path)
    reader.page.locator("main form:has(input[type=file]) button").click()
    reader.sees(Agreement.objects.get().number)
    reader.check(reader.page)


@pytest.mark.parametrize(("language", "size"), [("zh-hans", PHONE), ("en", DESK)])
def test_from_the_letter_to_a_signed_agreement_that_anyone_can_check(
    language, size, letter, page, browser, live_server, axe, tmp_path
):
    holder, code = letter
    account = CardAccount.objects.get(cardholder=holder)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    reader, url = Reader(page, language, axe), live_server.url
    if language == "zh-hans":  # the browser asks for English: the reader switches
        page.goto(url)
        page.get_by_role("button", name="中文").first.click()
    activate(reader, url, holder, code)
    ask(reader, url, account)
    decide(browser, url, axe, DESK)
    sign(reader, url, holder.person.full_name)
    keep_and_check(reader, url, tmp_path)
    agreement = Agreement.objects.get()
    assert agreement.status == "active" and agreement.document.language == language
    assert Hold.objects.get(account=account, until_at=None).reason == "plan"
    assert OutboxEvent.objects.filter(type="plan.accepted", account_ref=account.ref).count() == 1
    page.goto(f"{url}/arrears/{account.ref}/")  # the hold is told on the account's page
    axe(page)
