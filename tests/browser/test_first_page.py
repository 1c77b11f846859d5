"""The first page a stranger sees, in both languages."""

import pytest


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_first_page_is_accessible_and_says_its_language(page, live_server, axe, language):
    choice = {"name": "django_language", "value": language, "url": live_server.url}
    page.context.add_cookies([choice])
    page.goto(live_server.url)
    assert page.locator("html").get_attribute("lang").lower() in (language, language[:2])
    axe(page)
