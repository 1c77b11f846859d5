"""Letters at the end: a decision, the decision of a second review, a withdrawal."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from disputes import paper_parts as parts
from disputes import words
from portal.records.typeset import Block, Column, Heading, Paragraph, Table
from portal.records.typeset.fonts import printable

Told = dict[str, Any]  # disputes.letter_facts.gather


def decision(told: Told) -> list[Block]:
    """Return the first answer: outcome, lines, reasons, what follows, what can be done next."""
    return [*_outcome(told), *_lines(told), *_reasons(told), *_put_right(told), *_next(told)]


def review_decision(told: Told) -> list[Block]:
    """Return the answer of the second review, and who outside the bank can help."""
    return [
        Paragraph(
            _(
                "Somebody who had no part in the first answer has looked at your case again. "
                "Within the bank this answer is final."
            )
        ),
        *_outcome(told),
        *_lines(told),
        *_reasons(told),
        *_put_right(told),
        *_routes(told),
    ]


def withdrawal(told: Told) -> list[Block]:
    """Return that the case has ended as asked, and what that means."""
    blocks: list[Block] = [
        Paragraph(
            _("You have withdrawn your case, and it ended the same day. We look into it no more.")
        )
    ]
    if first := told["decision"]:
        said = _("The first answer of %(day)s stands: %(answer)s")
        when = localtime(datetime.fromisoformat(first["made_at"])).date().isoformat()
        answer = words.verdict(told["matter"], first["outcome"])
        blocks.append(Paragraph(said % {"day": words.day(when), "answer": answer}))
    return [
        *blocks,
        *parts.contested(told),
        Paragraph(_goes_on(told)),
        Paragraph(
            _(
                "You have lost no right by this. If something is still wrong, you can send in "
                "another case at any time."
            )
        ),
    ]


def _goes_on(told: Told) -> str:
    """Say what becomes of what stood still; what the first answer puts right still comes."""
    if told["decision"]:
        return _(
            "What stood still because of the second review goes on as before. What the first "
            "answer puts right stays as it is until that is done."
        )
    return _(
        "What stood still because of the case goes on as before: a record is no longer marked as "
        "disputed, and sums that were in dispute fall due again as your bills say."
    )


def _outcome(told: Told) -> list[Block]:
    said = words.verdict(told["matter"], told["decision"]["outcome"])
    return [Heading(_("What we decided")), Paragraph(said)]


def _lines(told: Told) -> list[Block]:
    """Return each line as it was and as it is to read."""
    rulings = told["decision"]["rulings"]
    if not rulings:
        return []
    columns = [
        Column(pgettext("of a list", "No."), 6), Column(_("What you contest"), 42),
        Column(_("It read"), 17, money=True), Column(_("It will read"), 17),
        Column(_("Our answer"), 18),
    ]  # fmt: skip
    rows = []
    for ruling in rulings:
        line = told["lines"][ruling["line"]]
        number = str(ruling["line"] + 1)
        right = right_values(told, ruling)
        decided = words.ruled(ruling["outcome"])
        rows.append((number, parts.named(line), parts.reads(line), right, decided))
    return [Table(_("Line by line"), columns, rows)]


def right_values(told: Told, ruling: Told) -> str:
    """Say what a line will read; that it stays where nothing changes."""
    said = [parts.money(told, ruling["right_amount"])]
    if ruling["right_days"] is not None:
        said.append(parts.days(ruling["right_days"]))
    if ruling["right_code"]:
        said.append(_("code %(code)s") % {"code": printable(ruling["right_code"])})
    if on := ruling.get("right_on"):
        said.append(words.day(on))
    return "\n".join(filter(None, said)) or _("unchanged")


def _reasons(told: Told) -> list[Block]:
    return [Heading(_("Why")), *parts.own(told["decision"]["reasons"])]


def _put_right(told: Told) -> list[Block]:
    found = told["decision"]
    said: list[str] = []
    if Decimal(found["credit"] or 0) > 0:
        credit = {"amount": parts.money(told, found["credit"])}
        said.append(_("We credit %(amount)s to your account.") % credit)
    if found["correct_by"]:
        said.append(
            _(
                "The correction is asked for today. We expect it to be done by %(day)s; the page "
                "of your case shows when it was sent and when it was done. What stands still "
                "because of this stays so until then."
            )
            % {"day": words.day(found["correct_by"])}
        )
    return [Heading(_("What we put right")), *map(Paragraph, said)] if said else []


def _next(told: Told) -> list[Block]:
    """Return what can be done by whoever does not agree."""
    blocks: list[Block] = [Heading(_("If you do not agree"))]
    if told["review_until"]:
        said = _(
            "You can ask for a second review until %(day)s, on the page of your case. Somebody "
            "who had no part in this answer then looks at all of it again. It costs nothing."
        )
        blocks.append(Paragraph(said % {"day": words.day(told["review_until"])}))
    return [*blocks, *_ways(told)] if told["review_until"] or told["routes"] else []


def _routes(told: Told) -> list[Block]:
    return [Heading(_("If you do not agree")), *_ways(told)] if told["routes"] else []


def _ways(told: Told) -> list[Block]:
    if not told["routes"]:
        return []
    first = _("Outside the bank you can turn to others, with or without a second review:")
    return [Paragraph(first), *(Paragraph(f"· {words.way(**each)}") for each in told["routes"])]
