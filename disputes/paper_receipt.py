"""Letters while a case is open: received, more time, received again."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from disputes import paper_parts as parts
from disputes import words
from portal.kit.money import formatted
from portal.records.typeset import Block, Facts, Heading, Paragraph
from portal.records.typeset.fonts import printable

Told = dict[str, Any]  # disputes.letter_facts.gather


def receipt(told: Told) -> list[Block]:
    """Return what was received, by when we answer, and what happens until then."""
    return [
        Paragraph(
            _(
                "We have received your case. This letter says what you told us, by when you have "
                "our answer, and what happens until then."
            )
        ),
        *_answer(told),
        Heading(_("What you told us")),
        Facts(_told(told)),
        *parts.contested(told),
        *_words(told),
        *_files(told),
        *_meanwhile(told),
        *_more(),
    ]


def extension(told: Told) -> list[Block]:
    """Return why it takes longer, by which rule, and the new day."""
    reason = told["deadline"]["reason"] if told["deadline"] else ""
    return [
        Paragraph(
            _(
                "Looking into your case takes longer than we first told you. This letter says why, "
                "and by when you have our answer now."
            )
        ),
        Heading(_("Why it takes longer")),
        *parts.own(reason),
        *_answer(told),
        *parts.contested(told),
        *_meanwhile(told),
        *_more(),
    ]


def delay(told: Told) -> list[Block]:
    """Return that there is no answer on the last lawful day, by when it comes, who helps now."""
    promised = _(
        "We promised you an answer by %(day)s, and we have not finished looking into your case. We "
        "are sorry. This letter says what happens now, and who else can help you."
    )
    said = _("We are still looking into it. We expect to answer by %(day)s.")
    first = _("You need not wait for us. From now on you can turn to others:")
    ways = [Paragraph(f"· {words.way(**each)}") for each in told["routes"]]
    return [
        Paragraph(promised % {"day": words.day(told["deadline"]["plan_on"])}),
        Heading(_("By when we answer now")),
        Paragraph(said % {"day": words.day(told["expected_by"])}),
        Heading(_("Who else can help you")),
        Paragraph(first),
        *ways,
        *parts.contested(told),
        *_meanwhile(told),
        *_more(),
    ]


def review_receipt(told: Told) -> list[Block]:
    """Return that somebody else looks at it again, by when, and what was asked."""
    blocks: list[Block] = [
        Paragraph(
            _(
                "We have received your request for a second review. Somebody who had no part in "
                "the first answer looks at your case again, at all of it."
            )
        ),
        *_answer(told),
        Heading(_("Why you ask for a second review")),
        *parts.own(told["asked_again"]),
    ]
    if first := told["decision"]:
        said = words.verdict(told["matter"], first["outcome"])
        blocks += [Heading(_("The first answer")), Paragraph(said)]
    return [*blocks, *parts.contested(told), *_files(told), *_meanwhile(told), *_more()]


def _answer(told: Told) -> list[Block]:
    if not told["deadline"]:
        return []
    return [Heading(_("By when we answer")), *parts.promised(told["deadline"])]


def _told(told: Told) -> list[tuple[str, str]]:
    rows = [(_("It is about"), str(words.MATTERS[told["matter"]]))]
    if told["topic"]:
        rows.append((_("More exactly"), str(words.TOPICS[told["topic"]])))
    if told["reason"]:
        rows.append((_("Reason"), str(words.REASONS[told["reason"]])))
    rows.append((_("How it reached us"), str(words.CHANNELS[told["channel"]])))
    if told["representative"]:
        rows.append((_("Sent with the help of"), printable(told["representative"])))
    return rows


def _words(told: Told) -> list[Block]:
    blocks: list[Block] = []
    if told["words"]:
        blocks += [Heading(_("In your own words")), *parts.own(told["words"])]
    if told["remedy"]:
        blocks += [Heading(_("What you ask for")), *parts.own(told["remedy"])]
    return blocks


def _files(told: Told) -> list[Block]:
    """Return the files with the SHA-256 of each as it came: proof of what was handed in."""
    if not told["files"]:
        return []
    rows = [(printable(file["name"]), f"SHA-256 {file['sha256']}") for file in told["files"]]
    return [
        Heading(_("Your files")),
        Facts(rows),
        Paragraph(
            _(
                "The figures identify each file exactly as it reached us. Each is checked for "
                "safety before anybody opens it; the page of your case says how that ended."
            ),
            note=True,
        ),
    ]


def _meanwhile(told: Told) -> list[Block]:
    """Return what stands still while the case is open."""
    paused = told["paused"]
    said: list[str] = []
    if paused["marked"]:
        said.append(
            _("The record is marked as disputed, and the credit bureau has been told to show that.")
        )
    if paused["amount"]:
        amount = formatted(Decimal(paused["amount"]), told["currency"])
        said.append(
            _(
                "%(amount)s is in dispute. You need not pay this sum while we look into it, and "
                "nobody collects it."
            )
            % {"amount": amount}
        )
    if paused["contact"]:
        said.append(
            _(
                "Nobody calls, writes to or visits you to collect what you contest. What you do "
                "not contest falls due as before."
            )
        )
    if not said:
        said.append(_("Your case changes nothing about your account until it is decided."))
    return [Heading(_("Until then")), *map(Paragraph, said)]


def _more() -> list[Block]:
    return [
        Heading(_("If you want to add or change something")),
        Paragraph(
            _(
                "On the page of your case you can write to us and add files at any time. You need "
                "not send what we hold already, such as your bills. You can withdraw the case at "
                "any time; it then ends the same day."
            )
        ),
    ]
