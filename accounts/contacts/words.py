"""What a mark says, and what the rules of contact are, in whole sentences."""

from datetime import datetime
from typing import Any, NamedTuple

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.contacts import rules
from accounts.contacts.rules import Limits, Mark, Permitted, clock
from accounts.models import ContactAttempt

NAMES: dict[str, Any] = dict(ContactAttempt.Channel.choices)
SEVERAL: dict[str, Any] = {
    "call": gettext_lazy("calls"),
    "sms": gettext_lazy("text messages"),
    "visit": gettext_lazy("visits"),
    "email": gettext_lazy("e-mails"),
    "app": gettext_lazy("app messages"),
    "letter": gettext_lazy("letters"),
}
TITLES: dict[str, Any] = {
    rules.QUIET: gettext_lazy("Outside the permitted hours"),
    rules.COUNT: gettext_lazy("More calls than permitted"),
    rules.PAUSE: gettext_lazy("Presumed to be too soon"),
}
PRESUMED = gettext_lazy("Presumed to be too many calls")
WISHES: dict[bool, dict[str, Any]] = {  # by whether staff read it
    False: {
        rules.HOURS: gettext_lazy("Outside the hours you chose"),
        rules.CHANNEL: gettext_lazy("In a way you did not choose"),
    },
    True: {
        rules.HOURS: gettext_lazy("Outside the hours the cardholder chose"),
        rules.CHANNEL: gettext_lazy("In a way the cardholder did not choose"),
    },
}


class Said(NamedTuple):
    """A mark in words."""

    title: object
    text: str
    rule: str  # id and source; "" for the person's own wish


def said(mark: Mark, *, at: datetime, staff: bool) -> Said:
    """Say why a contact at this moment is marked: which rule, and how it was not kept."""
    if mark.kind in TITLES:
        assert mark.rule  # noqa: S101
        text = _of_law(mark, at, staff)
        presumed = mark.kind == rules.COUNT and mark.limits and mark.limits.each_debt
        title = PRESUMED if presumed else TITLES[mark.kind]
        return Said(title, text, f"{mark.rule.id}: {mark.rule.source}")
    assert mark.choice  # noqa: S101
    told = {
        "at": clock(localtime(at).time()),
        "earliest": clock(mark.choice.earliest),
        "latest": clock(mark.choice.latest),
        "channels": ways(mark.choice),
    }
    return Said(WISHES[staff][mark.kind], _wish(mark.kind, staff) % told, "")


def _wish(kind: str, staff: bool) -> str:
    if kind == rules.HOURS and staff:
        return _(
            "It was at %(at)s. The cardholder had chosen to be contacted from %(earliest)s to "
            "%(latest)s."
        )
    if kind == rules.HOURS:
        return _(
            "It was at %(at)s. You had chosen to be contacted from %(earliest)s to %(latest)s."
        )
    if staff:
        return _("The ways the cardholder had chosen were: %(channels)s.")
    return _("The ways you had chosen were: %(channels)s.")


def _of_law(mark: Mark, at: datetime, staff: bool) -> str:
    if mark.kind == rules.QUIET:
        return _hours_of_law(mark, at)
    return _count(mark, staff) if mark.kind == rules.COUNT else _pause(mark)


def _hours_of_law(mark: Mark, at: datetime) -> str:
    assert mark.limits  # noqa: S101
    earliest, latest = mark.limits.open
    told = {"at": clock(localtime(at).time()), "from": clock(latest), "until": clock(earliest)}
    if mark.limits.agreement:
        text = _(
            "It was at %(at)s. From %(from)s to %(until)s this is not permitted without an "
            "agreement, and none is recorded here."
        )
    else:
        text = _("It was at %(at)s. From %(from)s to %(until)s this is not permitted.")
    return text % told


def _count(mark: Mark, staff: bool) -> str:
    assert mark.limits and mark.limits.most  # noqa: S101
    told = {"number": mark.number, "most": mark.limits.most.value, "days": mark.limits.days}
    if mark.limits.each_debt:
        text = _(
            "It was call number %(number)s by this agency about this account within %(days)s days. "
            "More than %(most)s are presumed to be too many."
        )
    elif staff:
        text = _(
            "It was call number %(number)s to the cardholder that day. Permitted are %(most)s a "
            "day, by the bank and agencies together, about all accounts, answered or not."
        )
    else:
        text = _(
            "It was call number %(number)s to you that day. Permitted are %(most)s a day, by the "
            "bank and agencies together, about all your accounts, answered or not."
        )
    return text % told


def _pause(mark: Mark) -> str:
    assert mark.rule and mark.talked_on  # noqa: S101
    return _(
        "On %(on)s there was a conversation with this agency about this account. For %(days)s "
        "days, that day included, any further call is presumed to be too many."
    ) % {"on": date_format(mark.talked_on), "days": mark.rule.value}


def ways(choice: Permitted) -> str:
    """Name the channels of a choice, letters last."""
    return _listed(name for name in SEVERAL if name in choice.channels)


def _listed(names: Any) -> str:
    return _(", ").join(str(SEVERAL[name]) for name in names)


def law(limits: Limits) -> list[str]:
    """Say what the rules permit, a sentence each; nothing where no rule is known."""
    told = [text for text in (_law_of_hours(limits), _law_of_count(limits), _law_of_pause(limits))
            if text]  # fmt: skip
    if told and rules.BANK not in limits.binds:
        told.append(_("These rules bind agencies that collect for others, not the bank itself."))
    return told


def _law_of_hours(limits: Limits) -> str:
    if not limits.quiet:
        return ""
    earliest, latest = limits.open
    text = (
        _("Not permitted from %(from)s to %(until)s without an agreement: %(channels)s (%(rule)s).")
        if limits.agreement
        else _("Not permitted from %(from)s to %(until)s: %(channels)s (%(rule)s).")
    )
    names = _listed(name for name in SEVERAL if name in limits.timed)
    return text % {
        "from": clock(latest), "until": clock(earliest), "channels": names, "rule": limits.quiet.id,
    }  # fmt: skip


def _law_of_count(limits: Limits) -> str:
    if not limits.most:
        return ""
    text = (
        _("Presumed to be too many: more than %(most)s calls in %(days)s days by one agency "
          "about one account (%(rule)s).")
        if limits.each_debt
        else _("Permitted calls a day: %(most)s, by the bank and agencies together, about all "
               "accounts, answered or not (%(rule)s). Text messages are not counted.")
    )  # fmt: skip
    return text % {"most": limits.most.value, "days": limits.days, "rule": limits.most.id}


def _law_of_pause(limits: Limits) -> str:
    if not limits.pause:
        return ""
    return _(
        "Presumed to be too many: any call in the %(days)s days after a conversation with the "
        "same agency about the same account, the day of the conversation included (%(rule)s)."
    ) % {"days": limits.pause.value, "rule": limits.pause.id}
