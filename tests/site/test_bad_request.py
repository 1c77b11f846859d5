"""A request refused before any address is resolved, by its host name, still gets a whole page."""

from html import unescape

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_bad_request_is_answered_in_the_banks_name(language: str) -> None:
    """No resolver_match, no request.user: nothing in base.html may lean on them."""
    client = Client(headers={"Accept-Language": language})
    answer = client.get("/help/", headers={"Host": "evil.example"})
    page = unescape(answer.content.decode())
    assert answer.status_code == 400
    assert f"{settings.BANK['name'][language]}</title>" in page
    assert settings.BANK["phone"] in page
    assert f'href="{reverse("home")}"' in page
    assert "evil.example" not in page
