"""What import_feed says while it works: runs.py keeps it, a terminal shows it."""

from accounts.feed.manifest import Manifest


class Progress:
    """Listens to nothing; those who want to know override it. No call may fail a load."""

    rejects_name = "rejects.csv"  # in VAR_DIR/feeds/<feed_id>/; a run that is kept has its own

    def claimed(self, feed: Manifest, *, rows: int) -> None:
        """The manifest was read: it claims so many rows in all files."""

    def phase(self, name: str) -> None:
        """A new phase begins: a value of FeedRun.Phase."""

    def read(self, rows: int) -> None:
        """So many more rows were read and judged. Called for each chunk, never inside apply()."""


class Together(Progress):
    """Tells several listeners; the rejects go where the first one keeps them."""

    def __init__(self, *listeners: Progress) -> None:
        self.listeners = listeners
        self.rejects_name = listeners[0].rejects_name

    def claimed(self, feed: Manifest, *, rows: int) -> None:
        for listener in self.listeners:
            listener.claimed(feed, rows=rows)

    def phase(self, name: str) -> None:
        for listener in self.listeners:
            listener.phase(name)

    def read(self, rows: int) -> None:
        for listener in self.listeners:
            listener.read(rows)


SILENT = Progress()
