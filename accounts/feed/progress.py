"""What import_feed says while it works: runs.py keeps it, a terminal shows it."""

from accounts.feed.manifest import Manifest


class Progress:
    """Listens to nothing; those who want to know override it. No call may fail a load."""

    def claimed(self, feed: Manifest, *, rows: int) -> None:
        """The manifest was read: it claims so many rows in all files."""

    def phase(self, name: str) -> None:
        """A new phase begins: a value of FeedRun.Phase."""

    def read(self, rows: int) -> None:
        """So many more rows were read and judged. Called for each chunk, never inside apply()."""


SILENT = Progress()
