"""Parts of pages in memory: bounded, and never somebody else's."""

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.utils import translation

from portal.kit import kept
from portal.kit.kept import Kept
from portal.kit.prepared import Prepared


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(kept.time, "monotonic", lambda: now[0])
    return now


def test_the_oldest_go_when_there_is_no_room(clock):
    texts = Kept(most=10, seconds=60)
    for key in "abc":
        assert texts.get(key, lambda key=key: key * 4) == key * 4
    assert texts.get("c", lambda: "made anew") == "cccc"
    assert texts.get("b", lambda: "made anew") == "bbbb"
    assert texts.get("a", lambda: "again") == "again"  # and now b is the oldest
    assert texts.get("huge", lambda: "x" * 11) == "x" * 11
    assert texts.get("huge", lambda: "never kept") == "never kept"


def test_what_is_too_old_is_made_again_and_does_not_stay(clock):
    texts = Kept(most=100, seconds=60)
    texts.get("a", lambda: "old")
    clock[0] = 59
    assert texts.get("a", lambda: "new") == "old"
    clock[0] = 60
    texts.get("b", lambda: "other")
    assert list(texts._texts) == ["b"]
    assert texts.get("a", lambda: "new") == "new"


def drawn(source, **facts):
    return Template("{% load kept %}" + source).render(Context(facts))


def test_a_kept_part_differs_by_its_values_and_the_language():
    part = Template(
        "{% load kept i18n %}{% kept who %}{{ what }} {% translate 'Sign out' %}{% endkept %}"
    )

    def shown(**facts):
        return part.render(Context(facts))

    with translation.override("en"):
        assert shown(who="a", what=1) == "1 Sign out"
        assert shown(who="a", what=2) == "1 Sign out"
        assert shown(who="b", what=2) == "2 Sign out"
    with translation.override("zh-hans"):
        assert shown(who="a", what=3).startswith("3 ")


def test_a_kept_part_refuses_a_forms_token():
    with pytest.raises(TemplateSyntaxError, match="token"):
        drawn("{% kept %}{% csrf_token %}{% endkept %}", csrf_token="x" * 64)


@pytest.mark.django_db
def test_a_prepared_read_must_use_each_argument():
    from accounts.models import CardAccount

    read = Prepared(lambda a, b: CardAccount.objects.filter(pk=a).values_list("ref"), int, str)
    with pytest.raises(ValueError, match="each of its arguments"):
        read(1, "x")
