"""Runs of import_feed as rows, for the pages that show them."""

from datetime import date, timedelta

from django.conf import settings
from django.utils.timezone import now

from accounts.models import FeedRun

LIST = (
    "file,line,column,value,reason\r\n"
    "postings.csv,3,amount,'=1+1,is no plain decimal\r\n"
    "cardholders.csv,2,mobile,,is withheld\r\n"
)
COUNTS = {"postings": {"rows": 4, "added": 1, "changed": 0, "unchanged": 0, "rejected": 1,
                       "held": 2, "total_proven": False}}  # fmt: skip


def run(state="loaded", *, quiet=0, rejects="", **fields):
    """A run that was last heard of `quiet` seconds ago; `rejects` is the text of its list."""
    at = now() - timedelta(seconds=quiet)
    ended = None if state == "running" else at
    made = FeedRun.objects.create(**{
        "folder": "night", "feed_id": "F1", "kind": "full", "as_of": date(2026, 11, 21),
        "state": state, "phase": "rows" if state == "running" else "done", "rows_total": 4000,
        "rows_done": 1500, "started_at": at - timedelta(seconds=30), "seen_at": at,
        "ended_at": ended, **fields,
    })  # fmt: skip
    if rejects:
        made.rejects_file = f"feeds/F1/rejects-{made.pk}.csv"
        made.save()
        path = settings.VAR_DIR / made.rejects_file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(rejects, newline="")
    return made
