"""What a rule or an action says no with. The texts are for the person, already translated."""


class Refused(Exception):
    """A rule forbids it. `rule` is its id (CN-PLAN-02 …), the message says what to do instead."""

    def __init__(self, rule: str, message: object) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message


class Stale(Exception):
    """Another request changed the row first; nothing of ours was written."""


class IllegalMove(Exception):
    """The state table does not allow this step."""

    def __init__(self, was: str, to: str) -> None:
        super().__init__(f"{was} → {to}")
