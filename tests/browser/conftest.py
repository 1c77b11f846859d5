"""A real Chromium (Debian's) for the tests in this folder; each is marked `browser` and commits.

They run in a process of their own (bin/test): Playwright's event loop stays in the main thread.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page

from tests import people

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN_AXE = """([tags, off]) => axe.run(document, {runOnly: tags,
    rules: Object.fromEntries(off.map(rule => [rule, {enabled: false}])),
    resultTypes: ['violations', 'incomplete']})"""
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PHONE, DESK = (390, 844), (1280, 800)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
    return {**browser_type_launch_args, "executable_path": chromium, "args": FLAGS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    size = {"width": PHONE[0], "height": PHONE[1]}
    return {
        **browser_context_args,
        "locale": "en-GB",
        "timezone_id": "Asia/Shanghai",
        "viewport": size,
    }


@pytest.fixture
def page(page: Page) -> Iterator[Page]:
    """Any console error (CSP is one), page error, or request beyond this machine fails the test."""
    page.set_default_timeout(10_000)
    bad: list[str] = []
    local = ("http://localhost", "http://127.0.0.1", "data:", "blob:")

    def told(message: Any) -> None:
        if message.type == "error" and "ERR_INTERNET_DISCONNECTED" not in message.text:
            bad.append(message.text)

    page.on("pageerror", lambda error: bad.append(f"pageerror {error}"))
    page.on("console", told)
    page.on("request", lambda r: None if r.url.startswith(local) else bad.append(r.url))
    page.expected_errors = bad  # type: ignore[attr-defined]  # a test that provokes one clears it
    yield page
    assert not bad, bad


@pytest.fixture
def sign_in(context: BrowserContext, live_server: Any) -> Callable[[Any], None]:
    """sign_in(user): the browser has that user's session, with staff's second factor."""

    def signed_in(user: Any) -> None:
        client = people.sign_in(Client(), user)
        context.add_cookies(
            [
                {"name": morsel.key, "value": morsel.value, "url": live_server.url}
                for morsel in client.cookies.values()
                if morsel.key == settings.SESSION_COOKIE_NAME
            ]
        )

    return signed_in


@pytest.fixture
def axe() -> Callable[..., None]:
    """axe(page): no violation, no undecided contrast, no sideways scrolling, on phone and desk."""

    def check(page: Page, disable: tuple[str, ...] = (), unknown_ok: tuple[str, ...] = ()) -> None:
        size, undecided, bad = page.viewport_size, None, []
        for width, height in (PHONE, DESK):
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate(AXE)  # evaluate is exempt from CSP, add_script_tag is not
            found = page.evaluate(RUN_AXE, [TAGS, list(disable)])
            for fault in found["violations"]:
                places = [node["target"][0] for node in fault["nodes"]][:4]
                bad.append((width, fault["id"], places))
            unknown = {
                node["target"][0]
                for fault in found["incomplete"]
                if fault["id"] == "color-contrast"
                for node in fault["nodes"]
                if not node["html"].startswith("<select")
            }
            undecided = unknown if undecided is None else undecided & unknown
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                bad.append((width, "scrolls sideways", []))
        if size:
            page.set_viewport_size(size)
        assert not bad, bad
        left = (undecided or set()) - set(unknown_ok)
        assert not left, f"contrast undecided: {left}"

    return check
