"""What defines a plan, asked for or offered."""

from decimal import Decimal

from django.db import models
from django.db.models import CheckConstraint, Q
from django.utils.translation import pgettext_lazy

from plans.rules import Choice, Waived
from portal.kit.money import MoneyField

ZERO = Decimal(0)


class Kind(models.TextChoices):
    """How a plan repays. The codes are those of plans.rules."""

    EQUAL = "equal", pgettext_lazy("of a plan", "Equal payments")
    STEPPED = "stepped", pgettext_lazy("of a plan", "Smaller payments first")
    SETTLEMENT = "settlement", pgettext_lazy("of a plan", "Settled in one or a few payments")
    TOKEN = "token", pgettext_lazy("of a plan", "Small payments until a review")
    OTHER = "other", pgettext_lazy("of a plan", "Something else")


class Chosen(models.Model):
    """The columns of a plans.rules.Choice. Amounts in the account's currency."""

    kind = models.CharField(max_length=10, choices=Kind, default=Kind.EQUAL)
    each = MoneyField(help_text="The regular instalment; the last takes the remainder.")
    months = models.PositiveSmallIntegerField(help_text="How many instalments.")
    first_on = models.DateField()
    rate = models.DecimalField(
        max_digits=7, decimal_places=6, default=ZERO,
        help_text="Nominal interest a year while the plan is kept, as a fraction.",
    )  # fmt: skip
    low = MoneyField(default=ZERO, help_text="Stepped: the smaller instalment that comes first.")
    low_months = models.PositiveSmallIntegerField(default=0, help_text="Stepped: how many of it.")
    waived_principal = MoneyField(default=ZERO)
    waived_interest = MoneyField(default=ZERO)
    waived_default_sum = MoneyField(default=ZERO)
    waived_fees = MoneyField(default=ZERO)
    review_on = models.DateField(null=True, help_text="Token plan: when it is looked at again.")

    class Meta:
        abstract = True
        constraints = [
            CheckConstraint(
                condition=Q(rate__gte=0) & Q(rate__lt=1), name="plans_%(class)s_rate_fraction"
            ),
            CheckConstraint(
                condition=Q(
                    waived_principal__gte=0, waived_interest__gte=0,
                    waived_default_sum__gte=0, waived_fees__gte=0,
                ),
                name="plans_%(class)s_waived_positive",
            ),
            CheckConstraint(
                condition=Q(kind="stepped", low_months__gte=1, low__gt=0)
                | (~Q(kind="stepped") & Q(low_months=0, low=0)),
                name="plans_%(class)s_steps_if_stepped",
            ),
            CheckConstraint(
                condition=Q(kind="token", review_on__isnull=False)
                | (~Q(kind="token") & Q(review_on=None)),
                name="plans_%(class)s_review_if_token",
            ),
        ]  # fmt: skip

    @property
    def waived(self) -> Waived:
        return Waived(
            self.waived_principal, self.waived_interest, self.waived_default_sum, self.waived_fees
        )

    @property
    def choice(self) -> Choice:
        """What was chosen, as the rules take it."""
        return Choice(
            self.each, self.months, self.first_on, kind=self.kind, rate=self.rate, low=self.low,
            low_months=self.low_months, waived=self.waived, review_on=self.review_on,
        )  # fmt: skip


def columns(choice: Choice) -> dict[str, object]:
    """Return a choice as the columns above."""
    return {
        "kind": choice.kind, "each": choice.each, "months": choice.months,
        "first_on": choice.first_on, "rate": choice.rate, "low": choice.low,
        "low_months": choice.low_months, "review_on": choice.review_on,
        "waived_principal": choice.waived.principal, "waived_interest": choice.waived.interest,
        "waived_default_sum": choice.waived.default_sum, "waived_fees": choice.waived.fees,
    }  # fmt: skip
