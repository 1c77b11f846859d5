"""What each limit of the policy is called, in which unit, and how a version reads: for people."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext, ngettext_lazy, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from plans.policy import COMPONENTS, Policy, WaiverLimit
from plans.words import percents
from portal.kit import money
from portal.kit.exact import percent

Kind = Literal["whole", "share", "switch", "terms", "rates", "amounts", "waivers"]
YEAR = 366  # days: no limit in days is longer


@dataclass(frozen=True)
class Limit:
    """One limit: how it is asked for. `least` and `most` bound whole numbers."""

    label: object
    help: object
    kind: Kind = "whole"
    unit: str = "days"
    least: int = 0
    most: int = YEAR


LIMITS = {
    "first_after": Limit(
        _("First payment, at the earliest"),
        _("Days from today: time to read and sign."),
        least=1,
    ),
    "first_within": Limit(
        _("First payment, as a rule at the latest"),
        _("Days from today: what a cardholder may choose."),
        least=1,
    ),
    "deferral_within": Limit(
        _("First payment, put off by an agent"),
        _("Days from today: the latest day an agent may grant."),
        least=1,
    ),
    "offer_valid": Limit(
        _("An offer stays open"), _("Days in which it can be signed."), least=1
    ),
    "terms": Limit(
        _("Lengths suggested"), _("Months, short to long, with commas: 3, 6, 12."), "terms", least=1
    ),
    "longest": Limit(
        _("Longest plan"), _("Months, up to what the law allows."), least=1, unit="months",
    ),
    "share": Limit(
        _("Most of what is left each month"),
        _("Percent of what is left that a payment takes. Above it, two people decide."),
        "share",
    ),
    "rates": Limit(
        _("Rates of interest allowed"),
        _("Percent a year while a plan is kept, with commas: 0, 3, 6.5."),
        "rates",
    ),
    "settlement_payments": Limit(
        _("Payments of a settlement"), _("The most payments in which it is paid."),
        least=1, unit="payments",
    ),
    "token_months": Limit(
        _("Small payments before a review"), _("Months, at most."), least=1, unit="months",
    ),
    "waivers": Limit(
        _("What may be given up"),
        _("Percent of each part of the overdue sum, by role and by how late the account is."),
        "waivers",
    ),
    "least_instalments": Limit(
        _("Smallest payment"),
        _("The last payment, and a small debt paid at once, may be less. Empty: no minimum."),
        "amounts",
    ),
    "agent_most": Limit(
        _("One person decides up to"),
        _("The overdue sum. Empty: two people decide on every plan in this currency."),
        "amounts",
    ),
    "auto_most": Limit(
        _("Offered at once up to"),
        _("The overdue sum. Empty: never offered at once in this currency."),
        "amounts",
    ),
    "too_small": Limit(
        _("Too small to break a plan"),
        _("A payment that lacks no more than this is not late. Empty: every amount counts."),
        "amounts",
    ),
    "auto": Limit(
        _("Make offers at once, without an agent"),
        _("Only plans within every limit, that give up nothing and put nothing off."),
        "switch",
    ),
    "auto_longest": Limit(
        _("Longest plan offered at once"), _("Months, at most."), least=1, unit="months",
    ),
    "lateness_allowed": Limit(
        _("A payment may be late by"), _("Days after its due date before it is missed.")
    ),
    "missed_allowed": Limit(
        _("Missed payments allowed"), _("At a time, before the notice of breach goes out."),
        unit="payments",
    ),
    "remedy_days": Limit(
        _("Time to make it good"),
        _("Days from the notice of breach to the end of the plan."),
        least=1,
    ),
    "cooling_off": Limit(
        _("Time to think again"), _("Days after signing to take it back. 0: none.")
    ),
    "moves_allowed": Limit(
        _("Due dates moved"), _("How often in one plan a due date may be moved."), unit="times",
    ),
    "move_within": Limit(_("A due date moves by"), _("Days, at most."), most=27),
    "remind_before": Limit(
        _("Reminder before a payment"), _("Days before the due date."), most=27
    ),
}  # fmt: skip
SECTIONS = (
    (
        _("From the offer to the first payment"),
        ("offer_valid", "first_after", "first_within", "deferral_within"),
    ),
    (
        _("Length and cost"),
        ("terms", "longest", "rates", "share", "settlement_payments", "token_months"),
    ),
    (_("Sums, by currency"), ("least_instalments", "agent_most", "auto_most", "too_small")),
    (_("Offers without an agent"), ("auto", "auto_longest")),
    (_("What may be given up, and by whom"), ("waivers",)),
    (
        _("While a plan runs"),
        (
            "lateness_allowed", "missed_allowed", "remedy_days", "cooling_off", "moves_allowed",
            "move_within", "remind_before",
        ),
    ),
)  # fmt: skip
UNITS = {
    "days": ngettext_lazy("%(n)d day", "%(n)d days", "n"),
    "months": ngettext_lazy("%(n)d month", "%(n)d months", "n"),
    "payments": ngettext_lazy("%(n)d payment", "%(n)d payments", "n"),
    "times": ngettext_lazy("%(n)d time", "%(n)d times", "n"),
}
PARTS = {
    "principal": _("Principal"),
    "interest": _("Interest"),
    "default_sum": _("Late payment charges"),
    "fees": _("Other fees"),
}
ROLES = {
    "agent": pgettext_lazy("of a limit", "Agent"),
    "supervisor": pgettext_lazy("of a limit", "Supervisor"),
}


@dataclass(frozen=True)
class Row:
    """One limit of a version as text. `key` is the same in every version."""

    section: str
    key: tuple[object, ...]
    label: str
    text: str


@dataclass(frozen=True)
class Change:
    """One limit in two versions; "–" where a version does not set it."""

    section: str
    label: str
    was: str
    becomes: str

    @property
    def differs(self) -> bool:
        return self.was != self.becomes


def rows(policy: Policy) -> list[Row]:
    """Return a version limit by limit, in the current language."""
    return [
        Row(str(title), (name, *key), label, text)
        for title, names in SECTIONS
        for name in names
        for key, label, text in _read(name, policy)
    ]


def compared(old: Policy, new: Policy) -> list[Change]:
    """Return two versions side by side, in the order of the sections."""
    was, becomes = ({row.key: row for row in rows(policy)} for policy in (old, new))
    order = [name for _title, names in SECTIONS for name in names]
    merged = sorted({**was, **becomes}.items(), key=lambda item: order.index(str(item[0][0])))
    return [
        Change(
            row.section, row.label,
            was[key].text if key in was else "–",
            becomes[key].text if key in becomes else "–",
        )
        for key, row in merged
    ]  # fmt: skip


def changed_back(before: Policy, version: Policy, later: Policy) -> list[Change]:
    """Return the limits that a version changes and a later one does not keep."""
    own = {(row.section, row.label) for row in compared(before, version) if row.differs}
    rows = [row for row in compared(version, later) if row.differs]
    return [row for row in rows if (row.section, row.label) in own]


def _read(name: str, policy: Policy) -> Iterator[tuple[tuple[object, ...], str, str]]:
    limit, value = LIMITS[name], getattr(policy, name)
    label = str(limit.label)
    if limit.kind == "amounts":
        for currency in (code for code in money.PLACES if code in value):
            text = money.formatted(value[currency], currency)
            yield (currency,), of_currency(label, currency), text
    elif limit.kind == "waivers":
        for row in sorted(value, key=lambda row: (row.role, row.from_bucket)):
            yield (row.role, row.from_bucket), of_waiver(row), _given_up(row)
    else:
        yield (), label, _text(name, value)


def of_currency(label: str, currency: str) -> str:
    return gettext("%(limit)s, %(currency)s") % {"limit": label, "currency": currency}


def of_waiver(row: WaiverLimit) -> str:
    """Return whose limit it is and from when: Agent, from M4."""
    return gettext("%(role)s, from M%(bucket)s") % {
        "role": ROLES[row.role],
        "bucket": row.from_bucket,
    }


def _given_up(row: WaiverLimit) -> str:
    return " · ".join(f"{PARTS[name]} {percent(getattr(row, name))}" for name in COMPONENTS)


def _text(name: str, value: Any) -> str:
    limit = LIMITS[name]
    match limit.kind:
        case "share":
            return percent(value)
        case "rates":
            return gettext("%(rates)s a year") % {"rates": percents(value)}
        case "terms":
            return gettext("%(lengths)s months") % {"lengths": ", ".join(str(n) for n in value)}
        case "switch":
            return pgettext("of a limit", "Yes") if value else pgettext("of a limit", "No")
    return str(UNITS[limit.unit] % {"n": value})
