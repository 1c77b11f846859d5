"""On a phone in Chinese: a charge is opened in its place, and one tap makes a dispute of it."""

from decimal import Decimal as D

import pytest
from django.urls import reverse

from disputes.models import Dispute
from tests.accounts.books import account, post, report
from tests.accounts.test_contacts import contact
from tests.browser.conftest import PHONE
from tests.people import cardholder


@pytest.fixture
def user(transactional_db):
    """The bank took 1.00 more interest than the contract allows, and sums have seven digits."""
    made = cardholder()
    held = account(made)
    post(held, "P", "2026-10-01", "repayment", -1000)
    post(held, "I/ 1", "2026-10-05", "interest", 120)
    post(held, "B", "2026-10-06", "purchase", "1234567.89", merchant="示例商店")
    report(held, "2026-10")
    contact(held, "2026-11-02T23:30")
    return made


def test_a_charge_is_opened_in_its_place_and_disputed_with_one_tap(
    user, page, context, live_server, sign_in, axe
):
    url = live_server.url
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    context.add_cookies([{"name": "django_language", "value": "zh-hans", "url": url}])
    sign_in(user)
    page.goto(f"{url}{reverse('accounts:account', args=['AC0001'])}")
    its_page = reverse("accounts:posting", args=["AC0001", "AC0001-I/ 1"])
    opened = opened_in_place(page, its_page)
    axe(page)
    opened.locator(f"a[href='{its_page}']").click()
    page.wait_for_url(f"**{its_page}")
    page.locator("main form button.btn-primary").click()
    page.wait_for_url("**/disputes/drafts/*/**")
    line = Dispute.objects.get().lines.get()
    assert (line.key, line.asked_amount) == ("AC0001-I/ 1", D("119.00"))
    page.goto(f"{url}{reverse('accounts:months', args=['AC0001'])}")
    # set aside: axe cannot decide the contrast of a label within an SVG
    page.evaluate("document.querySelectorAll('svg text').forEach(label => label.remove())")
    axe(page)
    page.goto(f"{url}{reverse('accounts:contacts')}")
    page.locator("#contacts .badge").first.wait_for()
    axe(page)


def opened_in_place(page, its_page):
    """Open a charge of the ledger; two taps open it once, over the whole width, in focus."""
    ledger = page.locator(".ledger")
    ledger.locator(f"a.how[href='{its_page}']").dblclick()
    opened = ledger.locator(".opened")
    opened.wait_for()
    assert opened.count() == 1
    assert opened.evaluate("box => box === document.activeElement")
    assert opened.bounding_box()["width"] > 0.85 * PHONE[0]
    amount = ledger.locator("td.num", has_text="1,234,567.89").first.bounding_box()
    assert amount["x"] + amount["width"] <= PHONE[0]
    return opened
