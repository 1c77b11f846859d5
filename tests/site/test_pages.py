"""The site's own pages: start, help, errors, theme, health, and how heavy the first visit is."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import brotli
import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.cache import cache
from django.core.files.storage import storages
from django.db import connection
from django.template.loader import get_template
from django.test import Client
from django.urls import reverse

from tests.people import cardholder, sign_in, staff

ENGLISH = {"Accept-Language": "en"}
BUDGET = 60 * 1024  # bytes of style and script a first visit loads, as brotli sends them

pytestmark = pytest.mark.django_db


@pytest.fixture
def english() -> Client:
    return Client(headers=ENGLISH)


# == start and help


def test_a_stranger_may_sign_in_activate_check_a_document_and_get_help(english: Client) -> None:
    page = english.get("/")
    assert page.status_code == 200
    for name in ("account_request_login_code", "accounts:activate", "verify:index", "help"):
        assert f'href="{reverse(name)}"' in page.content.decode()


@pytest.mark.parametrize(
    ("person", "goes_to"), [(cardholder, "accounts:arrears"), (staff, "staff_home")]
)
def test_who_is_signed_in_goes_where_the_work_is(
    english: Client, person: Callable[[], Any], goes_to: str
) -> None:
    answer = sign_in(english, person()).get("/")
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse(goes_to))


def test_who_was_signed_out_by_the_clock_reads_why(english: Client) -> None:
    said = "You were signed out because nothing happened for a while."
    assert said in english.get("/?ended").content.decode()
    assert said not in english.get("/").content.decode()


@pytest.mark.parametrize(
    ("language", "lang"), [("en", "en"), ("zh-CN", "zh-Hans"), ("fr", "zh-Hans")]
)
def test_every_page_says_its_language_and_names_the_phone(language: str, lang: str) -> None:
    page = Client(headers={"Accept-Language": language}).get("/help/").content.decode()
    assert f'<html lang="{lang}"' in page
    assert settings.BANK["phone"] in page


def test_the_language_is_changed_by_a_button_and_kept(english: Client) -> None:
    answer = english.post(reverse("set_language"), {"language": "zh-hans", "next": "/help/"})
    assert answer.headers["Location"] == "/help/"
    assert '<html lang="zh-Hans"' in english.get("/help/").content.decode()


def test_language_and_colours_lead_back_to_the_same_page_with_its_query(english: Client) -> None:
    page = english.get("/help/?q=a%20b&page=2").content.decode()
    assert page.count('name="next" value="/help/?q=a%20b&amp;page=2"') == 2


# == colours


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_chosen_theme_is_kept_in_a_cookie_and_set_on_the_page(
    english: Client, theme: str
) -> None:
    answer = english.post("/theme/", {"theme": theme, "next": "/help/"})
    assert answer.headers["Location"] == "/help/"
    assert (answer.cookies["theme"].value, answer.cookies["theme"]["samesite"]) == (theme, "Lax")
    assert f'data-bs-theme="{theme}"' in english.get("/help/").content.decode()


@pytest.mark.parametrize("sent", ["auto", "", "dark mode", '"><script>'])
def test_any_other_theme_is_the_devices(english: Client, sent: str) -> None:
    english.post("/theme/", {"theme": "dark"})
    english.post("/theme/", {"theme": sent})
    assert "data-bs-theme=" not in english.get("/help/").content.decode()


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "javascript:alert(1)", r"\\evil.example", ""],
)
def test_choosing_colours_leads_to_no_other_site(english: Client, elsewhere: str) -> None:
    answer = english.post("/theme/", {"theme": "dark", "next": elsewhere})
    assert answer.headers["Location"] == "/"


# == staying signed in


def test_staying_works_for_who_is_signed_in_and_only_by_post(english: Client) -> None:
    assert english.post("/stay/").status_code == 401
    sign_in(english, cardholder())
    assert english.post("/stay/").status_code == 204
    assert english.get("/stay/").status_code == 405


def test_staying_starts_the_idle_time_anew(english: Client) -> None:
    sign_in(english, cardholder())
    cookie = english.post("/stay/").cookies[settings.SESSION_COOKIE_NAME]
    assert cookie.value == english.session.session_key
    assert english.session.get_expiry_age() == settings.SESSION_COOKIE_AGE


def test_only_who_is_signed_in_is_warned_before_time_is_up(english: Client) -> None:
    warned = f'data-idle="{settings.SESSION_COOKIE_AGE - 60}"'  # renewed once a minute
    assert warned not in english.get("/help/").content.decode()
    sign_in(english, cardholder())
    assert warned in english.get("/help/").content.decode()


# == health


def test_the_process_says_that_it_lives(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok")


def test_ready_when_every_part_answers(client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"down": []})


@pytest.mark.parametrize(
    ("part", "owner", "name"),
    [
        ("database", lambda: connection, "cursor"),
        ("cache", lambda: cache, "get"),
        ("documents", lambda: storages["documents"], "exists"),
    ],
)
def test_not_ready_names_the_part_that_is_down(
    client: Client, monkeypatch: pytest.MonkeyPatch, part: str, owner: Callable[[], Any], name: str
) -> None:
    def broken(*_args: Any, **_named: Any) -> None:
        raise OSError("down")

    with monkeypatch.context() as patch:
        patch.setattr(owner(), name, broken)
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert part in answer.json()["down"]


# == when something is wrong


def test_an_unknown_address_gets_a_kind_page(english: Client) -> None:
    page = english.get("/nowhere/")
    assert page.status_code == 404
    assert "We cannot find this page" in page.content.decode()
    assert "/nowhere/" not in page.content.decode().replace('value="/nowhere/"', "")


def test_an_address_that_only_takes_what_is_sent_gets_a_page_with_a_way_on(english: Client) -> None:
    page = english.get("/theme/")
    assert (page.status_code, page.headers["Allow"]) == (405, "POST")
    assert "There is no page at this address" in page.content.decode()
    assert f'href="{reverse("help")}"' in page.content.decode()
    assert english.post("/help/").content == b""


def test_a_form_without_its_token_is_refused_and_told_so() -> None:
    page = Client(headers=ENGLISH, enforce_csrf_checks=True).post("/theme/", {"theme": "dark"})
    assert page.status_code == 403
    assert "For your safety nothing was sent." in page.content.decode()
    assert "theme" not in page.cookies


def test_anothers_page_is_refused_with_a_way_on(english: Client) -> None:
    page = sign_in(english, cardholder()).get(reverse("staff_home"))
    assert page.status_code == 403
    assert f'href="{reverse("help")}"' in page.content.decode()


def test_the_page_for_our_own_faults_needs_nothing_that_may_be_broken() -> None:
    source = (settings.BASE_DIR / "templates" / "500.html").read_text()
    assert "{{" not in source and "{%" not in source
    text = get_template("500.html").render({})
    assert 'lang="zh-Hans"' in text and 'lang="en"' in text


def test_a_fault_of_ours_shows_that_page_and_nothing_of_the_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_args: Any) -> None:
        raise RuntimeError("4111-secret")

    monkeypatch.setattr("portal.kit.context.bank", broken)
    page = Client(headers=ENGLISH, raise_request_exception=False).get("/help/")
    assert page.status_code == 500
    assert "The fault is ours" in page.content.decode()
    assert "4111-secret" not in page.content.decode()


# == size


def first_visit(client: Client) -> dict[str, int]:
    """Style and script of the start page: path under /static/, bytes after brotli."""
    page = client.get("/").content.decode()
    paths = re.findall(r'(?:href|src)="/static/([^"]+)"', page)
    return {p: len(brotli.compress(Path(str(finders.find(p))).read_bytes())) for p in paths}


def test_the_first_visit_loads_no_more_than_sixty_kibibytes(client: Client) -> None:
    sizes = first_visit(client)
    assert {Path(path).name for path in sizes} >= {"bootstrap.min.css", "portal.css", "portal.js"}
    assert sum(sizes.values()) <= BUDGET, sizes
