"""A mail that was promised goes out: after an outage, a bad row, a killed worker. Once."""

import logging
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import pairwise

import pytest
from django.apps import apps
from django.core.mail import EmailMessage
from django.utils.timezone import now

from portal.records import notices, tasks
from portal.records.models import Notice
from tests.people import in_parallel

pytestmark = pytest.mark.django_db
AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def waiting(*, at=AT, to="someone@example.com", **more) -> Notice:
    return notices.notify(
        "test", recipient=to, language="en", subject="S", body="code 4711", at=at, **more
    )


@pytest.fixture
def post(monkeypatch):
    """The mail server: down while `post.down` holds an error; keeps whom it wrote to."""

    class Post:
        down: BaseException | None = None
        sent: list[str] = []

    def send(message, **named):
        if Post.down:
            raise Post.down
        Post.sent.append(message.to[0])

    Post.sent = []
    monkeypatch.setattr(EmailMessage, "send", send)
    return Post


def test_a_mail_is_sent_once_and_a_code_is_wiped(post):
    notice = waiting(secret=True)
    assert notices.send(notice.pk, at=AT)
    assert not notices.send(notice.pk, at=AT + timedelta(days=1))
    notice.refresh_from_db()
    assert (notice.sent_at, notice.next_try_at, notice.body) == (AT, None, "")
    assert post.sent == ["someone@example.com"]


def test_a_code_stays_readable_in_the_demo(post, settings):
    settings.DEMO = True
    notice = waiting(secret=True)
    notices.send(notice.pk, at=AT)
    notice.refresh_from_db()
    assert notice.body == "code 4711"


def test_an_outage_of_two_days_loses_nothing_and_is_asked_ever_more_rarely(post):
    notice = waiting()
    post.down = OSError("unreachable")
    at, tries = AT, []
    while at < AT + timedelta(days=2):
        assert not notices.send(notice.pk, at=at)
        assert not notices.send(notice.pk, at=at)  # not before its time
        tries.append(at)
        notice.refresh_from_db()
        at = notice.next_try_at
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert pauses == sorted(pauses) and pauses[0] == 20 * SECOND
    assert pauses[-1] == timedelta(hours=1) and len(tries) < 70
    post.down = None
    assert notices.send(notice.pk, at=at)


@pytest.mark.parametrize("tries", [1, 16, 50, 32767])
def test_no_pause_is_longer_than_an_hour(tries):
    assert timedelta(0) < notices.pause_after(tries) <= timedelta(hours=1)


def test_after_three_days_it_is_given_up_with_an_error_that_names_nobody(post, caplog):
    notice = waiting(secret=True)
    post.down = OSError("someone@example.com refused")
    notices.send(notice.pk, at=AT)
    post.down = None
    late = AT + timedelta(days=3, seconds=1)
    with caplog.at_level(logging.WARNING):
        assert not notices.send(notice.pk, at=late)
    notice.refresh_from_db()
    assert (notice.sent_at, notice.next_try_at, notice.body) == (None, None, "")
    assert not notices.send(notice.pk, at=late + timedelta(days=1))
    assert [r.levelname for r in caplog.records] == ["ERROR"]
    assert "given up" in caplog.text and "someone" not in caplog.text


def test_a_notice_nobody_ever_tried_is_tried_however_old(post):
    assert notices.send(waiting().pk, at=AT + timedelta(days=9))


@pytest.mark.parametrize(
    "error", [ValueError("someone@example.com 4711"), RuntimeError(), OSError()]
)
def test_one_bad_notice_does_not_stop_the_others(post, monkeypatch, caplog, error):
    def send(message, **named):
        if message.to == ["bad@example.com"]:
            raise error
        post.sent.append(message.to[0])

    monkeypatch.setattr(EmailMessage, "send", send)
    waiting(to="bad@example.com")
    waiting(at=AT + SECOND)
    with caplog.at_level(logging.WARNING):
        tasks.send_notices()
    assert post.sent == ["someone@example.com"]
    assert "bad@" not in caplog.text and "4711" not in caplog.text
    assert type(error).__name__ in caplog.text


def test_what_a_killed_worker_held_is_sent_when_its_claim_ends(post):
    class Killed(BaseException):
        pass

    notice = waiting()
    post.down = Killed()
    with pytest.raises(Killed):
        notices.send(notice.pk, at=AT)
    post.down = None
    assert not notices.send(notice.pk, at=AT + notices.LEASE - SECOND)
    assert notices.send(notice.pk, at=AT + notices.LEASE)
    assert post.sent == ["someone@example.com"]


def test_a_claim_is_longer_than_any_task(settings):
    assert timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT) < notices.LEASE


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_send_one_mail(post):
    notice = Notice.objects.create(
        kind="test", recipient="a@example.com", language="en", subject="S", body="B",
        made_at=AT, next_try_at=AT,
    )  # fmt: skip
    assert sorted(in_parallel(4, lambda _: notices.send(notice.pk, at=now()))) == [0, 0, 0, 1]
    assert post.sent == ["a@example.com"]


def test_the_migration_wakes_what_the_old_count_had_given_up():
    lost, sent = waiting(), waiting()
    Notice.objects.filter(pk=lost.pk).update(tries=50, next_try_at=None)
    Notice.objects.filter(pk=sent.pk).update(sent_at=AT, next_try_at=None)
    import_module("portal.records.migrations.0003_notice_next_try_at").wake(apps, None)
    assert list(Notice.objects.filter(next_try_at=AT)) == [lost]
