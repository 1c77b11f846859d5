"""Paragraphs for letters: ours, or the bank's own once a second person has approved them.

A text may hold `{fields}` from FIELDS and nothing else in braces. What a field is filled with is
never looked at again: a person whose name is written with braces stays as they are.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from disputes.house_texts import DEFAULTS
from disputes.models import Decision, Dispute, FormLetter, Line
from portal.kit.context import bank
from portal.kit.errors import Refused, gettext_noop
from portal.kit.money import ZERO, formatted

FIELDS: dict[str, Any] = {
    "name": _("the cardholder's name"),
    "number": _("the number of the case"),
    "received": _("the day on which we received it"),
    "due": _("the day by which we promised an answer"),
    "product": _("the card product"),
    "card_last4": _("the last four digits of the card"),
    "lines": _("what is contested, a line each"),
    "credit": _("the sum that is credited; before a decision, the sum asked for"),
    "bank": _("the bank's name"),
    "phone": _("the bank's service phone"),
}
KEYS = tuple(DEFAULTS)
AT_THE_END = ("closing",)  # behind the handler's own words
FIELD = re.compile(r"\{([^{}｛｝]*)\}")
BRACES = re.compile(r"[{}｛｝]")
AROUND = 12  # characters shown on either side of a stray brace


@dataclass(frozen=True)
class Text:
    """One paragraph as it is in use. `version` 0 is our own."""

    key: str
    language: str
    title: str
    body: str
    version: int = 0


def ours(key: str, language: str) -> Text:
    """Return the text we bring. Errors: KeyError for an unknown key or language."""
    title, body = DEFAULTS[key][language]
    return Text(key, language, title, body)


def in_use(language: str) -> dict[str, Text]:
    """Return every paragraph of a language as it is in use, by key. One query."""
    found = {key: ours(key, language) for key in KEYS}
    approved = FormLetter.objects.filter(language=language, approved_at__isnull=False)
    for row in approved.order_by("version"):
        if row.key in found:
            found[row.key] = Text(row.key, language, row.title, row.body, row.version)
    return found


def choices(language: str) -> list[tuple[str, str]]:
    """Return (key, title) of each paragraph, in the order in which letters use them. One query."""
    return [(text.key, text.title) for text in in_use(language).values()]


def text(key: str, language: str) -> str:
    """Return a paragraph in use, with its fields unfilled. Errors: KeyError."""
    return in_use(language)[key].body


def filled(key: str, language: str, dispute: Dispute, *, credit: Decimal | None = None) -> str:
    """Return a paragraph in use with the facts of a case. Errors: KeyError.

    `credit`: what will be credited. Without it, what the newest decision credits; before there is
    one, what the cardholder asks for, so the handler must read the text before it goes out.
    """
    return fill(text(key, language), facts_of(dispute, language, credit=credit))


def check(body: str) -> None:
    """Errors: Refused WORD-1 naming an unknown field, WORD-2 showing a stray brace."""
    for found in FIELD.finditer(body):
        if found[1] not in FIELDS:
            raise Refused(
                "WORD-1",
                gettext_noop("There is no field {%(name)s}. Use one of those in the list."),
                name=found[1],
            )
    rest = FIELD.sub(lambda found: " " * len(found[0]), body)
    if stray := BRACES.search(rest):
        around = body[max(0, stray.start() - AROUND) : stray.end() + AROUND].replace("\n", " ")
        raise Refused(
            "WORD-2",
            gettext_noop(
                "There is a stray %(brace)s in “%(around)s”. Braces may only stand around the "
                "name of a field, like {name}, both of the plain kind."
            ),
            brace=stray[0],
            around=around.strip(),
        )


def fill(body: str, facts: Mapping[str, str]) -> str:
    """Put facts in the place of fields, once. Errors: as of check()."""
    check(body)
    return FIELD.sub(lambda found: facts[found[1]], body)


def facts_of(dispute: Dispute, language: str, *, credit: Decimal | None = None) -> dict[str, str]:
    """Return what each field holds for a case, in a language. Few queries."""
    account, lines = dispute.account, list(dispute.lines.all())
    with override(language):
        return {
            "name": account.cardholder.person.full_name,
            "number": dispute.number,
            "received": _day(localdate(dispute.submitted_at)) if dispute.submitted_at else "–",
            "due": _day(dispute.deadline.plan_on) if dispute.deadline else "–",
            "product": account.product,
            "card_last4": account.card_last4,
            "lines": "\n".join(_said(line) for line in lines) or "–",
            "credit": formatted(
                _credit(dispute, lines) if credit is None else credit, account.currency
            ),
            **_house(),
        }


def made_up(language: str, *, on: date) -> dict[str, str]:
    """Return the facts of a case that does not exist, for previews. `on`: today."""
    with override(language):
        sums = formatted(Decimal("128.60"), "CNY"), formatted(Decimal("35.00"), "CNY")
        return {
            "name": gettext("Example Person"),
            "number": "DP-EXAMPLE0",
            "received": _day(on - timedelta(days=3)),
            "due": _day(on + timedelta(days=12)),
            "product": gettext("Example card"),
            "card_last4": "0000",
            "lines": "\n".join(
                f"· {_day(on - timedelta(days=days))} {gettext('Example entry')} {amount}"
                for days, amount in zip((31, 9), sums, strict=True)
            ),
            "credit": sums[0],
            **_house(),
        }


def changes(old: str, new: str) -> list[tuple[str, str]]:
    """Return ("same" | "out" | "in", text) in order: how the new text differs from the old.

    Word by word where words are spaced, character by character in Chinese.
    """
    was, now = _pieces(old), _pieces(new)
    found: list[tuple[str, str]] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(("same", "".join(was[a:b])))
            continue
        found += [("out", "".join(was[a:b]))] * (b > a) + [("in", "".join(now[c:d]))] * (d > c)
    return found


def _pieces(body: str) -> list[str]:
    return re.findall(r"\{[^{}]*\}|[A-Za-z0-9'’]+|\s+|.", body, re.DOTALL)


def _day(on: date) -> str:
    return date_format(on, "DATE_FORMAT")


def _house() -> dict[str, str]:
    house = bank()
    return {"bank": str(house["name"]), "phone": str(house["phone"])}


def _said(line: Line) -> str:
    """Say a line as its case keeps it: day, the bank's words, amount."""
    facts = line.facts
    amount = "" if line.amount is None else formatted(line.amount, facts["currency"])
    parts = ("·", _day(date.fromisoformat(facts["on"])), facts["text"], amount)
    return " ".join(filter(None, parts))


def _credit(dispute: Dispute, lines: list[Line]) -> Decimal:
    decisions = dispute.decisions.exclude(status=Decision.Status.RETURNED)
    if newest := decisions.order_by("-pk").first():
        return Decimal(newest.credit)
    asked = (
        line.amount - (line.asked_amount or ZERO)
        for line in lines
        if line.amount is not None and line.amount > 0 and line.kind == Line.Kind.POSTING
    )
    return sum(asked, ZERO)
