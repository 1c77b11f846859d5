"""Who may handle and decide a case, which answers are lawful, and when a second person is needed.

Pure: ids, amounts and limits are arguments. Amounts in the account's currency, + is debt.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from portal.kit.errors import Refused, gettext_noop

UPHELD, PARTLY, REJECTED = "upheld", "partly_upheld", "rejected"
UNCONFIRMED = "unconfirmed"
RIGHT = frozenset({UPHELD, PARTLY})

# A line of each kind can end in these ways. CN-CR-05 knows exactly three for a record, so there is
# no "partly" for one; of a charge the bank bears the proof, so it says yes, partly or no.
OUTCOMES: dict[str, tuple[str, ...]] = {
    "record": (UPHELD, REJECTED, UNCONFIRMED),
    "posting": (UPHELD, PARTLY, REJECTED),
    "statement": (UPHELD, PARTLY, REJECTED),
    "contact": (UPHELD, REJECTED, UNCONFIRMED),
}
WITHOUT_LINES = (UPHELD, PARTLY, REJECTED, UNCONFIRMED)


# == who (CN-CMP-05)


@dataclass(frozen=True)
class Ties:
    """What ties one member of staff to one case. Each is a reason to leave it to a colleague."""

    own: bool = False  # the cardholder, or who filed it as such
    acted: bool = False  # collected, approved or decided on the account
    contacted: bool = False  # made contact to collect on it: the feed names their code
    earlier: bool = False  # had a part in the first round, or in a case of the same line


def check_handler(ties: Ties) -> None:
    """Refuse who has a part in the matter. Errors: Refused DUTY-1, -CONTACT, -ACTED, -EARLIER."""
    if ties.own:
        raise Refused(
            "DUTY-1",
            gettext_noop("This case is your own. A colleague must handle it; assign it to one."),
        )
    if ties.contacted:
        raise Refused(
            "DUTY-CONTACT",
            gettext_noop(
                "You made contact with this cardholder to collect. "
                "Leave the case to a colleague who did not."
            ),
        )
    if ties.acted:
        raise Refused(
            "DUTY-ACTED",
            gettext_noop(
                "You approved or decided something on this account before. "
                "Leave the case to a colleague who did not."
            ),
        )
    if ties.earlier:
        raise Refused(
            "DUTY-EARLIER",
            gettext_noop(
                "You had a part in the earlier answer to this. "
                "Somebody new must look at it; leave it to a colleague."
            ),
        )


def check_declared(declared: bool) -> None:
    """Nobody handles a case without saying that they have no part in it. Errors: DUTY-DECLARE."""
    if not declared:
        raise Refused(
            "DUTY-DECLARE",
            gettext_noop("Confirm first that you have no interest in this matter."),
        )


def check_taken(taken_by: int | None, by: int) -> None:
    """Only the one who has taken the case works on it. Errors: Refused DUTY-2."""
    if taken_by != by:
        raise Refused("DUTY-2", gettext_noop("Take this case before you work on it."))


def check_second(proposed_by: int, by: int) -> None:
    """Nobody approves what they proposed. Errors: Refused DUTY-4."""
    if proposed_by == by:
        raise Refused(
            "DUTY-4",
            gettext_noop("You proposed this yourself. Another supervisor must look at it."),
        )


# == what


@dataclass(frozen=True)
class Ruled:
    """What is decided on one line, beside how the line reads now."""

    kind: str  # as disputes.models.Line
    outcome: str
    booked: Decimal | None = None
    booked_days: int | None = None  # of a record: days past due
    booked_code: str = ""
    asked: Decimal | None = None  # what the cardholder says it should be
    right_amount: Decimal | None = None
    right_days: int | None = None
    right_code: str = ""

    @property
    def credit(self) -> Decimal:
        """What the cardholder gets back on the account; a record itself moves no money."""
        money = self.kind in ("posting", "statement") and self.outcome in RIGHT
        if not money or self.booked is None or self.right_amount is None:
            return Decimal(0)
        return self.booked - self.right_amount


def check_ruling(ruled: Ruled) -> None:
    """Refuse an answer that the law or plain sense does not know. Errors: Refused DECIDE-…"""
    if ruled.outcome not in OUTCOMES[ruled.kind]:
        raise Refused(
            "DECIDE-OUTCOME", gettext_noop("This is not a possible answer for this line.")
        )
    given = ruled.right_amount is not None or ruled.right_days is not None or ruled.right_code
    if ruled.outcome not in RIGHT:
        if given:
            raise Refused(
                "DECIDE-VALUES",
                gettext_noop(
                    "Right values belong to a correction. Empty them, or uphold the line."
                ),
            )
    elif ruled.kind == "record":
        _check_record(ruled)
    elif ruled.kind != "contact":
        _check_charge(ruled)


def _check_record(ruled: Ruled) -> None:
    """An error in a record is put right by at least one value that differs, never for the worse."""
    right = (ruled.right_amount, ruled.right_days, ruled.right_code)
    reads = (ruled.booked, ruled.booked_days, ruled.booked_code)
    if right == (None, None, ""):
        raise Refused(
            "DECIDE-RIGHT",
            gettext_noop("Say what the record should read: the amount, the days or the code."),
        )
    if all(new in (None, "", old) for new, old in zip(right, reads, strict=True)):
        raise Refused(
            "DECIDE-SAME", gettext_noop("This is what it reads already. Enter what is right.")
        )
    more = ruled.right_amount is not None and ruled.right_amount > (ruled.booked or 0)
    longer = ruled.right_days is not None and ruled.right_days > (ruled.booked_days or 0)
    if more or longer:
        _no_worse()


def _check_charge(ruled: Ruled) -> None:
    if ruled.right_amount is None:
        raise Refused("DECIDE-RIGHT", gettext_noop("Enter the right amount; 0 if nothing is due."))
    if ruled.credit == 0:
        raise Refused(
            "DECIDE-SAME", gettext_noop("This is what it reads already. Enter what is right.")
        )
    if ruled.credit < 0:
        _no_worse()
    if ruled.asked is None:
        return
    whole = ruled.right_amount <= ruled.asked
    if ruled.outcome == PARTLY and whole:
        raise Refused(
            "DECIDE-PARTLY",
            gettext_noop("This gives all that was asked for: uphold the line in full."),
        )
    if ruled.outcome == UPHELD and not whole:
        raise Refused(
            "DECIDE-PARTLY",
            gettext_noop("This gives less than was asked for: uphold the line in part."),
        )


def _no_worse() -> None:
    raise Refused(
        "DECIDE-WORSE",
        gettext_noop("A case never ends with more to pay or a worse record than before."),
    )


def overall(outcomes: Iterable[str]) -> str:
    """Return the answer to the case from those to its lines: all alike, or partly, or unconfirmed.

    Any line put right beside one that is not makes it partly; no with cannot-confirm, unconfirmed.
    """
    found = set(outcomes)
    if len(found) == 1:
        return found.pop()
    return PARTLY if found & RIGHT else UNCONFIRMED


def over(
    outcome: str, reason: str, credit: Decimal, *, alone: Decimal, reasons: Iterable[str]
) -> list[str]:
    """Return which limits of the policy an answer exceeds; [] needs nobody else."""
    found = []
    if credit > alone:
        found.append("credit")
    if outcome in RIGHT and reason in reasons:
        found.append("reason")
    return found


def credit_of(rulings: Sequence[Ruled]) -> Decimal:
    """Return what is credited in all."""
    return sum((ruled.credit for ruled in rulings), Decimal(0))
