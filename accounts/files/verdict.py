"""What the child says about a file."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """Without a problem the file is clean and a copy follows."""

    problem: str = ""  # a code of accounts.files.problems
    hostile: bool = False  # held back for safety, rather than of no use
    media_type: str = ""  # of the copy
    pages: int = 0


class Found(Exception):
    """The parser stops here."""

    def __init__(self, problem: str, *, hostile: bool = False) -> None:
        super().__init__(problem)
        self.problem, self.hostile = problem, hostile
