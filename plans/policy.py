"""The bank's own limits for plans: versioned data, read as one frozen object.

These are choices of the bank, not law: what the law sets is in portal/packs. Two people agree on
a version; an offer names the one it was made under. The first came with the software.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any

ZERO = Decimal(0)
COMPONENTS = ("principal", "interest", "default_sum", "fees")


@dataclass(frozen=True)
class WaiverLimit:
    """How much of each component a role may give up from a bucket on; shares, 1 is all of it."""

    role: str  # "agent" or "supervisor"
    from_bucket: int  # 0 for M0, 3 for M3 …
    principal: Decimal = ZERO
    interest: Decimal = ZERO
    default_sum: Decimal = ZERO
    fees: Decimal = ZERO


@dataclass(frozen=True)
class Policy:
    """Days are calendar days; amounts are in the currency that keys them; shares are fractions."""

    version: str
    first_after: int  # days from today to the first payment, at least: time to read and sign
    first_within: int  # … and at most; later is a deferral that an agent grants
    deferral_within: int  # days from today to the first payment an agent may grant
    offer_valid: int  # days an offer stays open
    terms: tuple[int, ...]  # months suggested, short to long
    longest: int  # months; the law may allow more, never fewer are asked of the law
    least_instalments: Mapping[str, Decimal]  # a smaller debt may be one payment
    share: Decimal  # of what is left each month a plan takes at most
    rates: tuple[Decimal, ...]  # nominal interest a year an agent may set, as fractions
    waivers: tuple[WaiverLimit, ...]
    agent_most: Mapping[str, Decimal]  # a larger sum needs a second person
    settlement_payments: int  # a settlement is paid in at most so many
    token_months: int  # a token plan runs so long at most before its review
    auto: bool  # whether the policy may offer at once, without an agent
    auto_most: Mapping[str, Decimal]  # … up to this sum; a currency that is missing: never
    auto_longest: int  # … and this many months
    too_small: Mapping[str, Decimal]  # what may lack of a payment and nothing follows
    lateness_allowed: int  # days after a due date before a payment counts as missed
    missed_allowed: int  # missed payments at a time before the notice of breach
    remedy_days: int  # from the notice of breach to the end of the plan
    cooling_off: int  # days after signing in which the cardholder may take it back; 0: none
    moves_allowed: int  # how often in a plan a due date may be moved
    move_within: int  # … and by how many days at most
    remind_before: int  # days before a due date the reminder goes out

    def least_instalment(self, currency: str) -> Decimal:
        """Return the smallest regular instalment in a currency; none is set for the rarer ones."""
        return self.least_instalments.get(currency, ZERO)

    def spare(self, currency: str) -> Decimal:
        """Return what may lack of a payment without anything following from it."""
        return self.too_small.get(currency, ZERO)

    def waiver_limit(self, role: str, bucket: int) -> WaiverLimit:
        """Return what a role may waive in a bucket: the row that begins nearest below it."""
        rows = [row for row in self.waivers if row.role == role and row.from_bucket <= bucket]
        return max(rows, key=lambda row: row.from_bucket, default=WaiverLimit(role, bucket))


AMOUNTS = ("least_instalments", "agent_most", "auto_most", "too_small")  # by currency


FIRST_NAME = "2026-1"
FIRST: dict[str, Any] = {
    "first_after": 3,
    "first_within": 45,  # not of the law: the bank's own
    "deferral_within": 92,
    "offer_valid": 14,
    "terms": [3, 6, 9, 12, 18, 24, 36, 48, 60],  # not of the law: the bank's own
    "longest": 60,  # not of the law: the bank's own
    "least_instalments": {
        "CNY": "50",
        "HKD": "50",
        "TWD": "200",
        "JPY": "1000",
        "USD": "10",
        "EUR": "10",
        "GBP": "10",
    },
    "share": "0.5",
    "rates": ["0", "0.03", "0.06", "0.09", "0.12"],
    "waivers": [
        {
            "role": "agent",
            "from_bucket": 0,
            "principal": "0",
            "interest": "0.2",
            "default_sum": "0.5",
            "fees": "0.5",
        },
        {
            "role": "agent",
            "from_bucket": 4,
            "principal": "0",
            "interest": "0.5",
            "default_sum": "1",
            "fees": "1",
        },
        {
            "role": "supervisor",
            "from_bucket": 0,
            "principal": "0",
            "interest": "1",
            "default_sum": "1",
            "fees": "1",
        },
        {
            "role": "supervisor",
            "from_bucket": 4,
            "principal": "0.3",
            "interest": "1",
            "default_sum": "1",
            "fees": "1",
        },
    ],
    "agent_most": {
        "CNY": "50000",
        "HKD": "50000",
        "TWD": "200000",
        "JPY": "1000000",
        "USD": "7000",
        "EUR": "7000",
        "GBP": "6000",
    },
    "settlement_payments": 3,
    "token_months": 6,
    "auto": False,
    "auto_most": {"CNY": "5000"},
    "auto_longest": 12,
    "too_small": {
        "CNY": "1",
        "HKD": "1",
        "TWD": "5",
        "JPY": "20",
        "USD": "0.2",
        "EUR": "0.2",
        "GBP": "0.2",
    },
    "lateness_allowed": 7,
    "missed_allowed": 1,
    "remedy_days": 14,
    "cooling_off": 7,
    "moves_allowed": 2,
    "move_within": 10,
    "remind_before": 3,
}


def read(version: str, data: Mapping[str, Any]) -> Policy:
    """Return the policy that stored data describes.

    Errors: KeyError, ValueError or TypeError for data that is none (plans.policies checks it).
    """
    data = {"too_small": FIRST["too_small"], **data}  # older versions do not set it
    facts: dict[str, Any] = {
        field.name: data[field.name] for field in fields(Policy) if field.name != "version"
    }
    for name in AMOUNTS:
        facts[name] = {currency: Decimal(amount) for currency, amount in data[name].items()}
    facts["share"] = Decimal(data["share"])
    facts["terms"] = tuple(data["terms"])
    facts["rates"] = tuple(Decimal(rate) for rate in data["rates"])
    facts["waivers"] = tuple(
        WaiverLimit(
            row["role"], row["from_bucket"], **{name: Decimal(row[name]) for name in COMPONENTS}
        )
        for row in data["waivers"]
    )
    return Policy(version=version, **facts)


def as_data(policy: Policy) -> dict[str, Any]:
    """Return a policy as it is stored: amounts and shares as texts. read() takes it back."""
    facts = {field.name: getattr(policy, field.name) for field in fields(Policy)}
    del facts["version"]
    for name in AMOUNTS:
        facts[name] = {currency: str(amount) for currency, amount in facts[name].items()}
    facts["share"] = str(policy.share)
    facts["terms"] = list(policy.terms)
    facts["rates"] = [str(rate) for rate in policy.rates]
    facts["waivers"] = [
        {"role": row.role, "from_bucket": row.from_bucket}
        | {name: str(getattr(row, name)) for name in COMPONENTS}
        for row in policy.waivers
    ]
    return facts


def same(one: Policy, other: Policy) -> bool:
    """Tell whether two versions say the same, whatever they are called."""
    return replace(one, version="") == replace(other, version="")
