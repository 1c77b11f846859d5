"""The form of a version of the policy: every limit, its unit, and what the law caps."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from plans.policy import AMOUNTS, COMPONENTS, Policy, WaiverLimit
from plans.policy_fields import LIMITS, PARTS, ROLES, SECTIONS, Limit, of_currency
from portal.kit import money
from portal.kit.exact import percent
from portal.kit.forms import Bound, CleanText, DateField, IntField, MoneyField, OneBox

ZERO = Decimal(0)
LAST_BUCKET = 7
BLANKS = 2  # rows for further limits of waivers
MOST_WAIVERS = 16  # as many as there are roles and buckets
LISTED = re.compile(r"[,，、;；\s]+")


class PercentField(forms.Field):
    """A share as percent: 12.5 is the fraction 0.125. From 0 to `most` percent."""

    widget = OneBox(attrs={"inputmode": "decimal", "autocomplete": "off", "class": "short"})
    either = False

    def __init__(self, *, most: Decimal = Decimal(100), **kwargs: Any) -> None:
        self.most = most
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return percent(value).rstrip("%") if isinstance(value, Decimal) else value

    def to_python(self, value: Any) -> Decimal | None:
        if value in self.empty_values:
            return None
        text = unicodedata.normalize("NFKC", str(value)).strip().removesuffix("%").strip()
        if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,4})?", text) or Decimal(text) > self.most:
            raise forms.ValidationError(
                _("Enter a percentage from 0 to %(most)s, like 12.5."),
                code="invalid",
                params={"most": self.most},
            )
        return Decimal(text) / 100


class ListField(forms.Field):
    """Several values in one box, with commas between them; each is checked by `each`."""

    widget = OneBox(attrs={"autocomplete": "off"})
    either = False

    def __init__(self, each: forms.Field, **kwargs: Any) -> None:
        self.each = each
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Sequence) and not isinstance(value, str):
            return ", ".join(str(self.each.prepare_value(one)) for one in value)
        return value

    def to_python(self, value: Any) -> list[Any]:
        found = [self.each.clean(part) for part in LISTED.split(str(value or "").strip()) if part]
        if found != sorted(set(found)):
            raise forms.ValidationError(_("Write each once, from the lowest to the highest."))
        return found


@dataclass(frozen=True)
class Group:
    """Fields that stand beside each other, with a heading where there are several of a kind."""

    fields: list[BoundField]
    heading: str = ""
    help: object = ""
    more: bool = False  # seldom needed: folded away

    @property
    def wrong(self) -> bool:
        return any(field.errors for field in self.fields)


class PolicyForm(forms.Form):
    """The limits of `policy`, to be changed. `longest`: months the law allows; then `written`."""

    effective_from = DateField(
        label=_("In force from"), help_text=_("Tomorrow at the earliest. One version a day.")
    )
    note = CleanText(
        label=_("What changes, and why"),
        help_text=_("Colleagues and auditors read this. It is kept for good: name no cardholder."),
        longest=1000,
        lines=True,
    )
    seen = CleanText(longest=80, widget=forms.HiddenInput)

    def __init__(
        self, data: Any, *, policy: Policy, on: date, longest: int, initial: dict[str, Any]
    ) -> None:
        super().__init__(data, initial={**_initial(policy), **initial})
        cast(DateField, self.fields["effective_from"]).earliest = on + timedelta(days=1)
        for name, limit in LIMITS.items():
            if limit.kind == "amounts":
                for code in money.PLACES:
                    self.fields[f"{name}-{code}"] = _amount(limit, code)
            elif limit.kind != "waivers":
                self.fields[name] = _field(limit)
        self.policy = policy
        self.set = {code for name in AMOUNTS for code in getattr(policy, name)}
        self.waiver_rows = min(len(policy.waivers) + BLANKS, MOST_WAIVERS)
        for i in range(self.waiver_rows):
            self.fields.update(_waiver(i))
        cast(IntField, self.fields["longest"]).most = longest

    @property
    def sections(self) -> Iterator[tuple[object, list[Group]]]:
        for title, names in SECTIONS:
            plain = [self[name] for name in names if name in self.fields]
            several = [group for name in names for group in self._groups(name)]
            yield title, [Group(plain), *several] if plain else several

    def _groups(self, name: str) -> Iterator[Group]:
        limit = LIMITS[name]
        if limit.kind == "waivers":
            for i in range(self.waiver_rows):
                fields = [self[f"waivers-{i}-{part}"] for part in ("role", "from_bucket", *PARTS)]
                yield Group(fields, heading=_row(i), help="" if i else limit.help)
        elif limit.kind == "amounts":
            known = [self[f"{name}-{code}"] for code in money.PLACES if code in self.set]
            rare = [self[f"{name}-{code}"] for code in money.PLACES if code not in self.set]
            yield Group(known, heading=str(limit.label), help=limit.help)
            yield Group(rare, heading=str(_("Other currencies")), more=True)

    @property
    def summary(self) -> Iterator[tuple[str, str]]:
        """Each error with the box it is about: ("", text) where it is about none."""
        for text in self.non_field_errors():
            yield "", str(text)
        for name in self.fields:
            box = cast(Bound, self[name])
            for text in box.errors:
                row = f"{_row(int(name.split('-')[1]))}, " if name.startswith("waivers-") else ""
                yield box.error_target, f"{row}{box.label}: {text}"

    def clean(self) -> dict[str, Any]:
        super().clean()
        facts = {**self.cleaned_data}  # add_error takes a field out of the other
        self._check_whose(facts)
        if not self.errors:
            self._check_days(facts)
            self._check_lengths(facts)
            self._check_waivers(facts)
            if ZERO not in facts["rates"]:
                self.add_error(
                    "rates",
                    _("0 must be among them: what cardholders choose from bears no interest."),
                )
            if facts["auto"] and not _amounts("auto_most", facts):
                self.add_error("auto", _("Say up to which sum, in one currency or more."))
        return self.cleaned_data

    def _check_days(self, facts: dict[str, Any]) -> None:
        for earlier, later in (
            ("first_after", "first_within"),
            ("first_within", "deferral_within"),
        ):
            if facts[earlier] > facts[later]:
                text = _("This is earlier than “%(limit)s”.") % {"limit": LIMITS[earlier].label}
                self.add_error(later, text)

    def _check_lengths(self, facts: dict[str, Any]) -> None:
        for name in ("auto_longest", "settlement_payments", "token_months"):
            if facts[name] > facts["longest"]:
                self.add_error(name, _("This is longer than the longest plan."))
        if facts["terms"][-1] > facts["longest"]:
            self.add_error("terms", _("One of these is longer than the longest plan."))

    def _check_whose(self, facts: dict[str, Any]) -> None:
        """A row that holds anything says whose limit it is: else what was typed would be lost."""
        for i in range(self.waiver_rows):
            typed = [facts.get(f"waivers-{i}-{part}") for part in ("from_bucket", *PARTS)]
            role = f"waivers-{i}-role"
            if facts.get(role) == "" and any(value is not None for value in typed):
                self.add_error(role, _("Choose whose limit this is, or empty the whole row."))

    def _check_waivers(self, facts: dict[str, Any]) -> None:
        """No limit twice, and no agent's above the supervisor's, who would have to agree to it."""
        rows = _waivers(facts, self.waiver_rows)
        if len({(row.role, row.from_bucket) for row in rows}) < len(rows):
            self.add_error(None, _("What may be given up: one limit is there twice."))
        written = replace(self.policy, waivers=rows)
        for bucket in sorted({row.from_bucket for row in rows}):
            own = written.waiver_limit("agent", bucket)
            highest = written.waiver_limit("supervisor", bucket)
            if any(getattr(own, part) > getattr(highest, part) for part in COMPONENTS):
                text = _(
                    "What may be given up: from M%(bucket)s on, an agent may give up more than a "
                    "supervisor."
                )
                self.add_error(None, text % {"bucket": bucket})

    @property
    def written(self) -> Policy:
        """The policy as a valid form says it."""
        facts = self.cleaned_data
        said = {name: facts[name] for name, limit in LIMITS.items() if limit.kind in PLAIN}
        said |= {name: _amounts(name, facts) for name in AMOUNTS}
        said |= {"terms": tuple(facts["terms"]), "rates": tuple(facts["rates"])}
        return replace(self.policy, **said, waivers=_waivers(facts, self.waiver_rows))


PLAIN = ("whole", "share", "switch")  # one field, kept as it is


def _field(limit: Limit) -> forms.Field:
    facts: dict[str, Any] = {"label": limit.label, "help_text": limit.help}
    match limit.kind:
        case "share":
            return PercentField(**facts)
        case "switch":
            return forms.BooleanField(required=False, **facts)
        case "terms":
            return ListField(IntField(least=limit.least, most=limit.most), **facts)
        case "rates":
            return ListField(PercentField(most=Decimal("99.9999")), **facts)
    return IntField(least=limit.least, most=limit.most, **facts)


def _amount(limit: Limit, currency: str) -> MoneyField:
    label = of_currency(str(limit.label), currency)
    amount = MoneyField(currency=currency, label=label, required=False)
    amount.either = True  # empty says something too
    return amount


def _waiver(i: int) -> Iterator[tuple[str, forms.Field]]:
    """The boxes of one limit; an empty row is none."""
    whose = [("", _("– none –")), *ROLES.items()]
    yield f"waivers-{i}-role", forms.ChoiceField(label=_("Whose"), choices=whose, required=False)
    bucket = IntField(label=_("From M"), least=0, most=LAST_BUCKET, required=False)
    bucket.either = True
    yield f"waivers-{i}-from_bucket", bucket
    for part, label in PARTS.items():
        share = PercentField(label=_("%(part)s, percent") % {"part": label}, required=False)
        share.either = True
        yield f"waivers-{i}-{part}", share


def _row(i: int) -> str:
    return str(_("Limit %(number)s") % {"number": i + 1})


def _waivers(facts: dict[str, Any], count: int) -> tuple[WaiverLimit, ...]:
    rows = [
        WaiverLimit(
            facts[f"waivers-{i}-role"],
            facts[f"waivers-{i}-from_bucket"] or 0,
            **{part: facts[f"waivers-{i}-{part}"] or ZERO for part in COMPONENTS},
        )
        for i in range(count)
        if facts[f"waivers-{i}-role"]
    ]
    return tuple(sorted(rows, key=lambda row: (row.role, row.from_bucket)))


def _amounts(name: str, facts: dict[str, Any]) -> dict[str, Decimal]:
    sums = {code: facts[f"{name}-{code}"] for code in money.PLACES}
    return {code: amount for code, amount in sums.items() if amount is not None}


def _initial(policy: Policy) -> dict[str, Any]:
    """Return a version as the form's first values."""
    first = {name: getattr(policy, name) for name in LIMITS}
    for name in AMOUNTS:
        for code, amount in first.pop(name).items():
            first[f"{name}-{code}"] = amount.quantize(money.unit(code))
    for i, row in enumerate(first.pop("waivers")):
        for part in ("role", "from_bucket", *COMPONENTS):
            first[f"waivers-{i}-{part}"] = getattr(row, part)
    return first


class SendBackForm(forms.Form):
    reason = CleanText(
        label=_("Why it goes back"),
        help_text=_("Whoever wrote it reads this. It is kept for good: name no cardholder."),
        longest=1000,
        lines=True,
    )
