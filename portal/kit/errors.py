"""What a rule or an action says no with. Pure: rules raise these without knowing Django.

Messages are English source texts, marked with gettext_noop so that the translator finds them;
`portal.kit.forms.said` turns an error into the reader's language at the edge.
"""


def gettext_noop(text: str) -> str:
    """Mark a text for translation and return it as it is."""
    return text


class Refused(Exception):
    """A rule forbids it. `rule` is its id (CN-PLAN-02 …); the message says what to do instead."""

    def __init__(self, rule: str, message: object, **params: object) -> None:
        super().__init__(rule, message, params)
        self.rule = rule
        self.message = message
        self.params = params

    def __str__(self) -> str:
        return str(self.message) % self.params if self.params else str(self.message)


class Stale(Exception):
    """Another request changed the row first; nothing of ours was written."""


class IllegalMove(Exception):
    """The state table does not allow this step."""

    def __init__(self, was: str, to: str) -> None:
        super().__init__(f"{was} → {to}")
