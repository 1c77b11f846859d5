"""Who may handle and decide a case, which answers are lawful, and when a second person is needed.

Pure: ids, amounts and limits are arguments. Amounts in the account's currency, + is debt.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
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
    booked_on: date | None = None
    booked_days: int | None = None  # of a record: days past due
    booked_code: str = ""
    asked: Decimal | None = None  # what the cardholder says it should be
    right_amount: Decimal | None = None
    right_days: int | None = None
    right_code: str = ""
    right_on: date | None = None  # of a movement
    given: Decimal = Decimal(0)  # taken off before, or asked for
    given_in: str = ""  # a case whose credit for a bill holds this one too

    @property
    def wrong(self) -> Decimal:
        """How much too high the line reads; a record itself moves no money."""
        money = self.kind in ("posting", "statement") and self.outcome in RIGHT
        if not money or self.booked is None or self.right_amount is None:
            return Decimal(0)
        return self.booked - self.right_amount

    @property
    def credit(self) -> Decimal:
        """What the cardholder gets back on the account: what is wrong and was not given yet."""
        return max(Decimal(0), self.wrong - self.given)


def check_ruling(ruled: Ruled) -> None:
    """Refuse an answer that the law or plain sense does not know. Errors: Refused DECIDE-…"""
    if ruled.outcome not in OUTCOMES[ruled.kind]:
        raise Refused(
            "DECIDE-OUTCOME", gettext_noop("This is not a possible answer for this line.")
        )
    right = (ruled.right_amount, ruled.right_days, ruled.right_code or None, ruled.right_on)
    if ruled.outcome not in RIGHT:
        if any(value is not None for value in right):
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
    _check_code(ruled)


WORST = 7  # CN-CR codes: N, then 1 to 7, each another 30 days past due


def _degree(code: str) -> int | None:
    """Return how bad a code is; None for one that only the bureau can read."""
    return int(code) if code.isdecimal() and len(code) == 1 else 0 if code == "N" else None


def _check_code(ruled: Ruled) -> None:
    """A code never gets worse, nor says more than the days do. Errors: DECIDE-WORSE, -CODE."""
    old, code = _degree(ruled.booked_code), ruled.right_code or ruled.booked_code
    new = _degree(code)
    if ruled.right_code and old is not None and new is not None and new > old:
        _no_worse()
    days = ruled.booked_days if ruled.right_days is None else ruled.right_days
    amount = ruled.booked if ruled.right_amount is None else ruled.right_amount
    told = ruled.right_code or ruled.right_days is not None
    most = min(WORST, (days + 29) // 30) if days is not None else WORST
    sound = not days and not amount and not ruled.right_code and ruled.booked_code not in ("", "N")
    if sound or (told and new is not None and new > most):
        raise Refused(
            "DECIDE-CODE",
            gettext_noop("Enter the right code too: the one there says more days than are right."),
        )


def _check_charge(ruled: Ruled) -> None:
    if ruled.right_on is not None:
        _check_day(ruled)
        return
    if ruled.right_amount is None:
        raise Refused("DECIDE-RIGHT", gettext_noop("Enter the right amount; 0 if nothing is due."))
    if ruled.wrong == 0:
        raise Refused(
            "DECIDE-SAME", gettext_noop("This is what it reads already. Enter what is right.")
        )
    if ruled.wrong < 0:
        _no_worse()
    if ruled.credit and ruled.given_in:
        raise Refused(
            "DECIDE-TWICE",
            gettext_noop(
                "Case %(number)s corrects a bill that holds this line too, so it would be credited "
                "twice. Decide it on that bill, in a case of its own if need be."
            ),
            number=ruled.given_in,
        )
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


def _check_day(ruled: Ruled) -> None:
    """A movement of the wrong day: another day, the same amount."""
    if ruled.right_amount is not None and ruled.wrong != 0:
        raise Refused(
            "DECIDE-VALUES",
            gettext_noop("Enter the right amount or the right day of this line, not both."),
        )
    if ruled.right_on == ruled.booked_on:
        raise Refused(
            "DECIDE-SAME", gettext_noop("This is what it reads already. Enter what is right.")
        )


def _no_worse() -> None:
    raise Refused(
        "DECIDE-WORSE",
        gettext_noop("A case never ends with more to pay or a worse record than before."),
    )


def check_whole(outcome: str, credit: Decimal | None, *, of_charge: bool) -> Decimal:
    """Return what an answer without lines credits: a charge that is in no list, put right.

    Errors: Refused DECIDE-OUTCOME, -RIGHT, -VALUES.
    """
    if outcome not in WITHOUT_LINES:
        raise Refused("DECIDE-OUTCOME", gettext_noop("Choose an answer."))
    if not of_charge or outcome not in RIGHT:
        check_no_credit(credit)
        return Decimal(0)
    if credit is None or credit <= 0:
        raise Refused("DECIDE-RIGHT", gettext_noop("Enter the amount that is to be credited."))
    return credit


def check_no_credit(credit: Decimal | None) -> None:
    """Errors: Refused DECIDE-VALUES if an amount is given where nothing is credited by it."""
    if credit:
        raise Refused(
            "DECIDE-VALUES",
            gettext_noop("This answer credits nothing. Empty the amount to be credited."),
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
    outcome: str,
    reason: str,
    credit: Decimal,
    *,
    alone: Decimal,
    reasons: Iterable[str],
    credited_before: Decimal = Decimal(0),
    filed_by_proposer: bool = False,
) -> list[str]:
    """Return which limits of the policy an answer exceeds; [] needs nobody else.

    `credited_before`: on this account, in the time in which credits count together.
    `filed_by_proposer`: who proposes it took the case down, too.
    """
    found = []
    if credit > alone:
        found.append("credit")
    elif credit > 0 and credit + credited_before > alone:
        found.append("credits")
    if credit > 0 and filed_by_proposer:
        found.append("filed")
    if outcome in RIGHT and reason in reasons:
        found.append("reason")
    return found


def shared(rulings: Mapping[int, Ruled]) -> dict[int, Ruled]:
    """Return them with what others of the same answer give: a bill holds what came before it.

    Movements first, then bills by day: of a bill only the rest is credited.
    """
    found, credits = dict(rulings), list[tuple[date, Decimal]]()
    money = ((key, each) for key, each in rulings.items() if each.booked_on)
    for key, each in sorted(money, key=lambda one: (one[1].kind == "statement", one[1].booked_on)):
        day = each.booked_on or date.min
        if each.kind == "statement":
            before = sum((credit for on, credit in credits if on <= day), Decimal(0))
            each = found[key] = replace(each, given=each.given + before)
        credits.append((day, each.credit))
    return found


def credit_of(rulings: Iterable[Ruled]) -> Decimal:
    """Return what is credited in all."""
    return sum((ruled.credit for ruled in rulings), Decimal(0))
