"""What the agent fills in to decide."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from plans import rules
from plans.forms.reasons import Basis
from plans.models import Kind, PlanRequest
from plans.rules import EQUAL, SETTLEMENT, STEPPED, TOKEN, Choice, Waived
from plans.weighing import Ground
from portal.kit import money
from portal.kit.errors import Refused
from portal.kit.exact import percent
from portal.kit.forms import Bound, CleanText, DateField, IntField, MoneyField, said

KINDS = (EQUAL, STEPPED, SETTLEMENT, TOKEN)
# The boxes of each kind, in the order of the page; those of equal payments depend on `by`.
BOXES: dict[str, tuple[str, ...]] = {
    EQUAL: ("by", "amount", "months"),
    STEPPED: ("low", "low_months", "step_months"),
    SETTLEMENT: ("payments",),
    TOKEN: ("small", "small_months", "review_on"),
}
FINDINGS = {  # of CN-PLAN-01
    "exceeds_ability": _("What is overdue is more than the cardholder can repay at once."),
    "still_willing": _("The cardholder is still willing to repay."),
}
WAIVED = {
    "waived_principal": _("Given up of the principal"),
    "waived_interest": _("Given up of the interest"),
    "waived_default_sum": _("Given up of the late payment charges"),
    "waived_fees": _("Given up of the other fees"),
}


def as_offered(asked: PlanRequest, ground: Ground) -> dict[str, Any]:
    """Return what a request asks for, as the form's first values; no cents for yen."""
    unit = ground.unit
    kind = asked.kind if asked.kind in KINDS else EQUAL
    first: dict[str, Any] = {
        "kind": kind,
        "by": "months",
        "first_on": asked.first_on,
        "rate": _code(asked.rate),
        **{name: amount for name in WAIVED if (amount := getattr(asked, name))},
    }
    if asked.kind == EQUAL:
        by = rules.chosen_by(asked.total, asked.each, asked.months, unit=unit)
        first |= {"by": by, "amount": asked.each.quantize(unit), "months": asked.months}
    elif kind == EQUAL and asked.each:  # in own words, with what could be paid each month
        first |= {"by": "amount", "amount": asked.each.quantize(unit)}
    elif kind == STEPPED:
        low = asked.low.quantize(unit)
        first |= {"low": low, "low_months": asked.low_months, "step_months": asked.months}
    elif kind == SETTLEMENT:
        first["payments"] = asked.months
    elif kind == TOKEN:
        small = asked.each.quantize(unit)
        first |= {"small": small, "small_months": asked.months, "review_on": asked.review_on}
    return first


def _code(rate: Decimal) -> str:
    """Return a rate as the value of its choice: 0.030000 and 0.03 are one."""
    return f"{rate.normalize():f}"


class OfferForm(Basis):
    """What the agent offers: the terms asked for, or others with a word of explanation.

    Bounds are those of the law; what the policy says of the terms is another question
    (plans.weighing). After is_valid(): `choice`.
    """

    kind = forms.ChoiceField(
        label=_("What kind of plan"),
        choices=[(kind, Kind(kind).label) for kind in KINDS],
        widget=forms.RadioSelect,
    )
    by = forms.ChoiceField(
        label=_("Set by"),
        choices=[("months", _("How many months")), ("amount", _("How much a month"))],
        widget=forms.RadioSelect,
        required=False,
    )
    amount = MoneyField(label=_("Amount each month"), required=False)
    months = IntField(label=_("Number of monthly payments"), required=False, least=1, most=1)
    low = MoneyField(label=_("Smaller payment at first"), required=False)
    low_months = IntField(label=_("How many of the smaller ones"), required=False, least=1, most=1)
    step_months = IntField(label=_("Number of payments in all"), required=False, least=2, most=2)
    payments = IntField(label=_("In how many payments"), required=False, least=1, most=1)
    small = MoneyField(label=_("Small payment each month"), required=False)
    small_months = IntField(label=_("For how many months"), required=False, least=1, most=1)
    review_on = DateField(label=_("Day on which it is looked at again"), required=False)
    first_on = DateField(label=_("Date of the first payment"))
    rate = forms.ChoiceField(
        label=_("Interest a year while the plan is kept"),
        help_text=_("It is reckoned monthly on what is left of the plan's sum."),
    )
    waived_principal = MoneyField(required=False)
    waived_interest = MoneyField(required=False)
    waived_default_sum = MoneyField(required=False)
    waived_fees = MoneyField(required=False)
    findings = forms.MultipleChoiceField(
        label=_("What you have found"),
        choices=list(FINDINGS.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    explanation = CleanText(
        label=_("If you offer other terms than asked for: why"),
        help_text=_("The cardholder reads this."),
        longest=2000,
        lines=True,
        required=False,
    )

    def __init__(
        self,
        *args: Any,
        asked: PlanRequest,
        ground: Ground,
        deciding: bool = True,
        **kwargs: Any,
    ) -> None:
        """`deciding`: False only works the terms out; what a decision needs is not asked for."""
        self.asked, self.ground, self.deciding = asked, ground, deciding
        self.choice: Choice | None = None
        kwargs["initial"] = as_offered(asked, ground) | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        for name in ("amount", "low", "small"):
            amount = cast(MoneyField, self.fields[name])
            amount.currency, amount.most = ground.currency, ground.position.overdue
        for name in ("months", "low_months", "step_months", "payments", "small_months"):
            cast(IntField, self.fields[name]).most = ground.longest.value
        for names in BOXES.values():
            for name in names:
                self.fields[name].either = True  # type: ignore[attr-defined]
        cast(DateField, self.fields["first_on"]).earliest = ground.on + timedelta(days=1)
        rates = cast(forms.ChoiceField, self.fields["rate"])
        rates.choices = [(_code(rate), percent(rate)) for rate in ground.policy.rates]
        self._set_waivers()

    def _set_waivers(self) -> None:
        """A part of which nothing is overdue cannot be given up, and has no box."""
        parts = self.ground.facts("agent").overdue
        for name, label in WAIVED.items():
            most = getattr(parts, name.removeprefix("waived_"))
            if most <= 0:
                del self.fields[name]
                continue
            field = cast(MoneyField, self.fields[name])
            field.label, field.currency, field.most = label, self.ground.currency, most
            field.help_text = _("Of %(sum)s.") % {
                "sum": money.formatted(most, self.ground.currency)
            }

    # == as the page shows it

    @property
    def chosen_kind(self) -> str:
        return str(self["kind"].value() or EQUAL)

    @property
    def kinds(self) -> Iterator[tuple[object, bool, list[BoundField]]]:
        """Each kind: its name, whether its boxes are open, and the boxes."""
        for kind in KINDS:
            boxes = [self[name] for name in BOXES[kind]]
            wrong = any(box.errors for box in boxes)
            yield Kind(kind).label, kind == self.chosen_kind or wrong, boxes

    @property
    def waivers(self) -> list[BoundField]:
        return [self[name] for name in WAIVED if name in self.fields]

    @property
    def waives(self) -> bool:
        return any(box.value() or box.errors for box in self.waivers)

    @property
    def summary(self) -> list[tuple[str, str]]:
        """Every error: where to jump to ("" for none), and what it says."""
        found = [("", str(error)) for error in self.non_field_errors()]
        for name in self.fields:
            box = cast(Bound, self[name])
            found += [(box.error_target, f"{box.label}: {error}") for error in box.errors]
        return found

    @property
    def chosen(self) -> Choice:
        """The choice of a valid form."""
        if self.choice is None:
            raise ValueError("the form is not valid")
        return self.choice

    # == as it is read

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or {}
        if self._is_complete(facts):
            try:
                self.choice = self._chosen(facts)
            except Refused as no:
                self.add_error("first_on" if no.rule == "PLAN-FIRST" else None, said(no))
        if self.deciding:
            self._check_decision(facts)
        return facts

    def _check_decision(self, facts: dict[str, Any]) -> None:
        differs = self.choice is not None and self.choice != self.asked.choice
        if differs and not facts.get("explanation") and "explanation" not in self.errors:
            self.add_error("explanation", _("Say why the terms differ from what was asked."))
        try:
            rules.check_findings(
                facts.get("findings", []), required=self.ground.pack["plan.findings"]
            )
        except Refused as no:
            self.add_error("findings", said(no))

    def _is_complete(self, facts: dict[str, Any]) -> bool:
        """Ask for what the kind needs; its errors and those of what is common are enough."""
        kind = facts.get("kind")
        if not kind:
            return False
        needed = BOXES[kind]
        if kind == EQUAL:
            needed = ("by", "amount" if facts.get("by") == "amount" else "months")
        for name in needed:
            if name not in self.errors and facts.get(name) in (None, ""):
                self.add_error(name, _("Fill in this answer."))
        common = ("first_on", "rate", *WAIVED)
        return not any(name in self.errors for name in (*needed, *common))

    def _chosen(self, facts: dict[str, Any]) -> Choice:
        """Work out the choice. Errors: Refused by the rules."""
        waived = Waived(*(facts.get(name) or Decimal(0) for name in WAIVED))
        rate, first_on = Decimal(facts["rate"]), facts["first_on"]
        if facts["kind"] == TOKEN:
            small = Choice(
                facts["small"], facts["small_months"], first_on, kind=TOKEN, rate=rate,
                waived=waived, review_on=facts["review_on"],
            )  # fmt: skip
            rules.plan_sum(self.ground.position.overdue, small)
            return small
        whole = Choice(self.ground.unit, 1, first_on, waived=waived)
        total = rules.plan_sum(self.ground.position.overdue, whole)
        low, low_months = Decimal(0), 0
        if facts["kind"] == STEPPED:
            low, low_months = facts["low"], facts["low_months"]
        terms: dict[str, Any] = {
            "rate": rate, "agreed_on": self.ground.on, "first_on": first_on, "low": low,
            "low_months": low_months, "unit": self.ground.unit,
        }  # fmt: skip
        if facts["kind"] == EQUAL and facts["by"] == "amount":
            each = facts["amount"]
            months = rules.months_for(total, each, **terms)
        else:
            boxes = {EQUAL: "months", STEPPED: "step_months", SETTLEMENT: "payments"}
            months = facts[boxes[facts["kind"]]]
            each = rules.each_for(total, months, **terms)
        return Choice(
            each, months, first_on, kind=facts["kind"], rate=rate, low=low,
            low_months=low_months, waived=waived,
        )  # fmt: skip
