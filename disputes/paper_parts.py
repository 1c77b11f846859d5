"""What several letters say: the lines, the promised day, people's own words."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from disputes import words
from disputes.lines import Contested
from portal.kit.money import formatted
from portal.records.typeset import Block, Column, Facts, Paragraph, Table
from portal.records.typeset.fonts import printable

Told = dict[str, Any]  # disputes.letter_facts.gather


def own(text: str) -> list[Block]:
    """Return what a person wrote, paragraph by paragraph.

    A character that has no shape is printed as [U+…]: what they said must not stop their letter.
    """
    parts = (printable(part.replace("\t", " ").strip()) for part in text.split("\n"))
    return [Paragraph(part) for part in parts if part]


def money(told: Told, amount: str | None) -> str:
    return "" if amount is None else formatted(Decimal(amount), told["currency"])


def named(line: Told) -> str:
    """Say what a line is, with what is known of it, in one cell."""
    contested = Contested.read(line["facts"])
    return printable_lines([contested.title, contested.detail])


def printable_lines(parts: list[str]) -> str:
    return "\n".join(printable(part) for part in parts if part)


def reads(line: Told) -> str:
    """Say how a line read when the case was sent in."""
    return Contested.read(line["facts"]).sum or "–"


def asked(told: Told, line: Told) -> str:
    """Say what the cardholder says it should be."""
    parts = [money(told, line["asked_amount"])]
    if line["asked_days"] is not None:
        parts.append(days(line["asked_days"]))
    return "\n".join(filter(None, parts)) or "–"


def days(count: int) -> str:
    return ngettext("%(count)d day past due", "%(count)d days past due", count) % {"count": count}


def contested(told: Told) -> list[Block]:
    """Return the lines, each with its certified copy if one is cited; [] for a complaint."""
    if not told["lines"]:
        return []
    columns = [
        Column(pgettext("of a list", "No."), 6), Column(_("What you contest"), 50),
        Column(_("It reads"), 22, money=True), Column(_("It should be"), 22),
    ]  # fmt: skip
    rows = [
        (str(number), named(line), reads(line), asked(told, line))
        for number, line in enumerate(told["lines"], 1)
    ]
    return [Table(_("The lines you contest"), columns, rows), *_cited(told)]


def _cited(told: Told) -> list[Block]:
    said = _("Line %(line)s of %(number)s\nSHA-256 %(sha256)s")
    rows = [
        (
            _("No. %(number)s, certified") % {"number": number},
            said
            % {
                "line": line["document_line"], "number": line["document_number"],
                "sha256": line["document_sha256"],
            },
        )
        for number, line in enumerate(told["lines"], 1)
        if line["document_number"]
    ]  # fmt: skip
    return [Facts(rows)] if rows else []


def promised(deadline: Told) -> list[Block]:
    """Return by when an answer is due: what we promise, and what the rule allows at most."""
    rows = [(_("You have our answer by"), words.day(deadline["plan_on"]))]
    if deadline["due_on"] != deadline["plan_on"]:
        rows.append((_("The rule's last day"), words.day(deadline["due_on"])))
    rows.append((_("The rule"), words.rule(deadline)))
    return [Facts(rows)]
