"""The harness itself: each fault it is there for is found."""

import socket
import urllib.request

import pytest
from django.conf import settings
from django.core.cache import cache
from django.http import HttpResponse
from django.template import Context, Origin, Template, engines

from tests.pages import OURS, UndefinedVariable, check_page


def rendered(source: str, place: str = f"{OURS}/page.html", **context: object) -> str:
    template = Template(source, origin=Origin(place), engine=engines["django"].engine)
    return template.render(Context(context))


@pytest.mark.parametrize(
    "source",
    ["{{ nobody }}", "{{ a.b }}", "{{ nobody|default:'x' }}", "{% with x=nobody %}{% endwith %}",
     "{% blocktranslate %}Hello {{ nobody }}{% endblocktranslate %}"],
)  # fmt: skip
def test_printing_an_undefined_variable_fails(source):
    with pytest.raises(UndefinedVariable):
        rendered(source, a={})


@pytest.mark.parametrize(
    "source",
    ["{% if nobody %}x{% endif %}", "{% if a.b and not nobody %}x{% endif %}",
     "{% for x in nobody %}{% endfor %}", "{% firstof nobody '' %}", "{{ empty }}"],
)  # fmt: skip
def test_asking_for_an_undefined_variable_does_not(source):
    assert rendered(source, a={}, empty="") == ""


def test_templates_of_other_packages_may_print_what_is_not_there():
    assert rendered("{{ nobody }}", place="/site-packages/allauth/x.html") == ""


@pytest.mark.parametrize(
    "html",
    ["<script>x()</script>", "<p style='color:red'>", "<style>p{}</style>", "<a onclick='x()'>",
     "<a href='javascript:x()'>", "<p id='a'></p><p id='a'></p>", "{{ name }}", "{% if x %}",
     "{# note #}", "%(count)s left", "<script src='https://cdn.example/x.js'></script>"],
)  # fmt: skip
def test_a_fault_on_a_page_is_found(html):
    response = HttpResponse(html)
    response.request = {"PATH_INFO": "/"}
    with pytest.raises(AssertionError):
        check_page(response)


@pytest.mark.parametrize(
    "html",
    ["<script src='/static/app.js'></script>", "<script nonce='n'>x()</script>", "{{7*7}}",
     "<script type='application/json'>{}</script>", "<a href='https://bank.example'>x</a>",
     "100 %"],
)  # fmt: skip
def test_a_clean_page_passes(html):
    check_page(HttpResponse(html))


@pytest.mark.django_db
def test_every_client_is_checked(client, monkeypatch):
    seen: list[object] = []
    monkeypatch.setattr("tests.conftest.check_page", seen.append)
    client.get("/healthz")
    assert len(seen) == 1


def test_other_machines_are_out_of_reach():
    with pytest.raises(RuntimeError, match="address of example"):
        urllib.request.urlopen("http://example.com/", timeout=1)
    with pytest.raises(RuntimeError, match="reached for"), socket.socket() as out:
        out.connect(("192.0.2.1", 80))


@pytest.mark.django_db
@pytest.mark.parametrize("turn", [1, 2])
def test_the_cache_is_empty_when_a_test_begins(turn):
    assert cache.get("left-over") is None
    cache.set("left-over", turn)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_the_cache_is_empty_when_a_committing_test_begins(turn):
    assert cache.get("left-over") is None
    cache.set("left-over", turn)


def test_nothing_of_this_machine_is_used():
    assert "portal-tests-" in str(settings.VAR_DIR)
    assert not settings.DEMO
