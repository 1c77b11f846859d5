"""The staff pages of feeds: what is live and how old, the last runs, one run, its rejects."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils.timezone import localdate

from accounts.feed import run_queries
from accounts.models import FeedLoad, FeedRun
from portal.records import retention
from portal.records.models import StaffView
from tests import people
from tests.accounts.feedbox import NOON
from tests.accounts.feedruns import COUNTS, LIST, run


@pytest.fixture
def supervisor(db, client):
    people.sign_in(client, people.staff("supervisor"))
    return client


def page(client, made=None, **headers):
    url = reverse("accounts:feed", args=[made.pk]) if made else reverse("accounts:feeds")
    return client.get(url, headers=headers).content.decode()


def live(as_of, feed_id="F1", **fields):
    fields = {"kind": "full", "institution": "DEMO", "manifest_sha256": "0" * 64,
              "loaded_at": datetime.now(UTC), "counts": {}, **fields}  # fmt: skip
    return FeedLoad.objects.create(feed_id=feed_id, as_of=as_of, **fields)


def test_the_first_page_tells_how_to_begin_then_what_is_live_and_what_was_run(supervisor):
    assert "import_feed PATH" in page(supervisor)
    live(localdate() - timedelta(days=2))
    for _ in range(run_queries.PAGE):
        run()
    stopped = run("running", quiet=3600)
    shown = page(supervisor)
    assert "up to date" in shown and "days ago" not in shown
    assert "Stopped without an end" in shown
    assert shown.count("/staff/feeds/") >= run_queries.PAGE
    older = supervisor.get(reverse("accounts:feeds"), {"before": stopped.pk - 24}).content.decode()
    assert older.count("<tbody><tr>") == 1 and "Stopped" not in older
    for odd in ("x", "9" * 40, "-1"):
        assert supervisor.get(reverse("accounts:feeds"), {"before": odd}).status_code == 200
    FeedLoad.objects.update(as_of=localdate() - timedelta(days=3))
    assert "3 days ago" in page(supervisor)


def test_a_run_that_goes_on_renews_itself_and_tells_a_reader_only_news(supervisor):
    going = run("running", quiet=1)
    shown = page(supervisor, going)
    assert 'value="37"' in shown and "1,500 of 4,000" in shown and "50 rows a second" in shown
    assert "about 0:00:50" in shown and 'hx-trigger="every 2s"' in shown
    looks = StaffView.objects.count()
    part = page(supervisor, going, hx_request="true")
    assert "<html" not in part and 'hx-swap-oob="innerHTML"' in part
    url = f"{reverse('accounts:feed', args=[going.pk])}?said=rows-3"
    assert "hx-swap-oob" not in supervisor.get(url, headers={"HX-Request": "true"}).content.decode()
    assert StaffView.objects.count() == looks
    FeedRun.objects.update(state="loaded", phase="done", ended_at=NOON)
    ended = supervisor.get(url, headers={"HX-Request": "true"})
    assert ended.headers["HX-Refresh"] == "true" and not ended.content


def test_a_run_that_was_killed_says_so_and_what_is_live(supervisor):
    stopped = run("running", quiet=181)
    shown = page(supervisor, stopped)
    assert "stopped without an end" in shown and "run the same command again" in shown
    assert "every 2s" not in shown
    live(localdate())
    assert "had gone live, whole, before it stopped" in page(supervisor, stopped)


def test_a_run_that_failed_behind_the_commit_says_its_feed_is_live(supervisor):
    failed = run("failed", quiet=5, message="OSError")
    assert "last good feed stays live" in page(supervisor, failed)
    live(localdate())
    shown = page(supervisor, failed)
    assert "A fault of ours" in shown and "had gone live, whole, before it stopped" in shown
    assert "last good feed stays" not in shown and "Run it again" not in shown


QUIET = [("claims", 9, False), ("claims", 11, True), ("rows", 2.9, False), ("rows", 3.1, True),
         ("whole", 29, False), ("live", 29, False), ("live", 31, True)]  # fmt: skip


@pytest.mark.parametrize(("phase", "minutes", "lost"), QUIET)
def test_patience_depends_on_the_phase(phase, minutes, lost):
    row = FeedRun(phase=phase, started_at=NOON, seen_at=NOON)
    assert run_queries.Standing(row, NOON + timedelta(minutes=minutes)).lost is lost
    row.state = "loaded"
    assert not run_queries.Standing(row, NOON + timedelta(days=9)).lost


def test_a_refused_run_shows_its_counts_its_remedy_and_its_rejects(supervisor):
    refused = run("refused", message="FEED-2 1 row rejected", counts=COUNTS, rejected=1,
                  rejects=LIST)  # fmt: skip
    shown = page(supervisor, refused)
    for text in ("Send the list of rejects", "not compared", "&#x27;=1+1", "last good feed stays"):
        assert text in shown
    looks = StaffView.objects.filter(subject=f"accounts.feedrun:{refused.pk}")
    assert looks.count() == 1
    url = reverse("accounts:feed_rejects", args=[refused.pk])
    answer = supervisor.get(url)
    assert b"".join(answer.streaming_content).decode() == LIST
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "no-store" in answer.headers["Cache-Control"]
    assert looks.count() == 2
    (settings.VAR_DIR / "outside.csv").write_text(LIST)
    for file in ("outside.csv", "feeds/../outside.csv", "feeds/F1/gone.csv", ""):
        FeedRun.objects.update(rejects_file=file)
        assert supervisor.get(url).status_code == 404
    assert "no longer kept" not in page(supervisor, refused)
    FeedRun.objects.update(rejects_file="feeds/F1/gone.csv")
    assert "no longer kept" in page(supervisor, refused)


STATES = [("known", "", "loaded before with the same content"),
          ("checked", "", "only checked"), ("loaded", "", "went live at once"),
          ("unreadable", "manifest.json: No such file", "Look at the share"),
          ("failed", "RuntimeError", "A fault of ours")]  # fmt: skip


def test_each_state_says_what_to_do(supervisor):
    for state, message, said in STATES:
        assert said in page(supervisor, run(state, message=message))


def test_old_runs_go_with_their_lists(db, settings):
    old = run("refused", rejects=LIST, quiet=91 * 86400)
    young = run("refused", rejects=LIST, quiet=89 * 86400)
    paths = [run_queries.rejects_file(r) for r in (old, young)]
    assert retention.tidy(at=datetime.now(UTC)) == {"accounts.feed_runs": 1}
    assert list(FeedRun.objects.all()) == [young]
    assert [p.exists() for p in paths] == [False, True]
