"""How letters and pages say what a case is about, by when, and what came out of it."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from disputes.models import Decision, Dispute

D = Decision.Outcome
MATTERS: dict[str, Any] = dict(Dispute.Matter.choices)
TOPICS: dict[str, Any] = dict(Dispute.Topic.choices)
REASONS: dict[str, Any] = dict(Dispute.Reason.choices)
CHANNELS: dict[str, Any] = dict(Dispute.Channel.choices)

# The three outcomes of CN-CR-05 for what is reported, and one where only some months were wrong.
RECORD = {
    D.UPHELD: gettext_lazy("What was reported is wrong. We correct it and tell the credit bureau."),
    D.PARTLY: gettext_lazy(
        "Part of what was reported is wrong. We correct that part and tell the credit bureau. "
        "The rest stays as it was reported and is no longer marked as disputed."
    ),
    D.REJECTED: gettext_lazy(
        "We found no error in what was reported. It stays, and is no longer marked as disputed."
    ),
    D.UNCONFIRMED: gettext_lazy(
        "It could not be confirmed whether what was reported is right. What we checked and what "
        "you object to are put on record."
    ),
}
COMPLAINT = {
    D.UPHELD: gettext_lazy("You are right. We put it right."),
    D.PARTLY: gettext_lazy("You are right in part. We put that part right."),
    D.REJECTED: gettext_lazy("We looked into it and found no error on our side."),
    D.UNCONFIRMED: gettext_lazy(
        "What happened could not be confirmed. What we checked and what you told us are put on "
        "record."
    ),
}


S = Dispute.Status
STATES = {  # the heading of a case's page
    S.DRAFT: gettext_lazy("Your case is not sent yet"),
    S.RECEIVED: gettext_lazy("We have your case"),
    S.IN_REVIEW: gettext_lazy("Your case is being looked at"),
    S.WAITING: gettext_lazy("We have a question for you"),
    S.UPHELD: gettext_lazy("You are right"),
    S.PARTLY: gettext_lazy("You are right in part"),
    S.REJECTED: gettext_lazy("We found no error"),
    S.UNCONFIRMED: gettext_lazy("It could not be confirmed"),
    S.WITHDRAWN: gettext_lazy("You withdrew this case"),
    S.SECOND_REVIEW: gettext_lazy("Your case is being reviewed again"),
    S.FINAL: gettext_lazy("The second review is done"),
    S.CLOSED: gettext_lazy("This case is closed"),
}


def promise(plan_on: date, *, on: date) -> str:
    """Say a promised day and how far it is from today (`on`)."""
    left, named = (plan_on - on).days, {"day": date_format(plan_on)}
    if left == 0:
        return _("by %(day)s, which is today") % named
    if left < 0:
        return _("by %(day)s, which is past") % named
    said = ngettext("by %(day)s, in %(count)d day", "by %(day)s, in %(count)d days", left)
    return said % {**named, "count": left}


def verdict(matter: str, outcome: str) -> str:
    """Say an outcome in the law's words: one sentence or two."""
    return str((RECORD if matter == Dispute.Matter.RECORD else COMPLAINT)[D(outcome)])


def ruled(outcome: str) -> str:
    """Say what was decided of one line, in a word or two."""
    return str(D(outcome).label)


def way(text: str, params: Mapping[str, object]) -> str:
    """Say one way outside the bank (disputes.routes.Route)."""
    return _(text) % params if params else _(text)


def day(iso: str) -> str:
    return date_format(date.fromisoformat(iso), "DATE_FORMAT")


def length(value: int, unit: str) -> str:
    """Say how long a rule gives: 20 calendar days."""
    if unit == "working days":
        said = ngettext("%(count)d working day", "%(count)d working days", value)
    else:
        said = ngettext("%(count)d calendar day", "%(count)d calendar days", value)
    return said % {"count": value}


def rule(told: dict[str, Any]) -> str:
    """Say which rule sets a deadline, with its source where one was read."""
    said = _("%(length)s, counted from %(day)s (rule %(id)s)") % {
        "length": length(told["value"], told["unit"]),
        "day": day(told["counted_from"]),
        "id": told["rule"],
    }
    if not told["source"]:
        return said
    return _("%(rule)s: %(source)s") % {"rule": said, "source": cited(told["source"])}


def cited(source: str) -> str:
    """Name the law that a rule of a pack stands in, without the packs' own remarks behind it."""
    law = re.split(r"[:;,] ", source)[0]
    found = re.fullmatch(r"(.+) art\. ([\d()]+)", law)
    if not found:
        return law
    return _("%(law)s art. %(article)s") % {"law": found[1], "article": found[2]}
