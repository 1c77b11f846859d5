"""The form of a decision: exactly the answers that are lawful, line by line."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from disputes import duty, wording
from disputes.actions import deciding
from disputes.actions.deciding import Said, Weighed
from disputes.lines import Contested
from disputes.models import Decision, Dispute, Line
from disputes.policy import CURRENT
from portal.kit.errors import Refused
from portal.kit.forms import CleanText, CodeField, IntField, MoneyField, said
from portal.kit.money import ZERO, formatted

Outcome = Decision.Outcome
WORDS: dict[str, dict[str, Any]] = {
    "record": {
        Outcome.UPHELD: _("There is an error: it is corrected and reported anew"),
        Outcome.REJECTED: _("There is no error: the mark is removed"),
        Outcome.UNCONFIRMED: _("It cannot be confirmed: our check and the objection are noted"),
    },
    "contact": {
        Outcome.UPHELD: _("It should not have been so"),
        Outcome.REJECTED: _("It was as it should be"),
        Outcome.UNCONFIRMED: _("It cannot be confirmed"),
    },
}
CHARGE = {
    Outcome.UPHELD: _("Wrong, as they say: it is put right in full"),
    Outcome.PARTLY: _("Wrong in part: part of it is put right"),
    Outcome.REJECTED: _("It is right: nothing is changed"),
}
NO_SUCH_RATE = 9999  # days that no record reaches


def over_words(code: str, currency: str) -> str:
    """Say why a second person is needed."""
    if code == "credit":
        most = formatted(CURRENT.credit_alone, currency)
        return _now("The credit is above %(most)s.") % {"most": most}
    return _now("The reason given is fraud, or that it is not theirs.")


class DecideForm(forms.Form):
    """After is_valid(): `rulings`, `weighed` and `reasons`, the whole text for the cardholder."""

    outcome = forms.ChoiceField(
        label=_("The answer"), choices=Outcome.choices, widget=forms.RadioSelect
    )
    paragraphs = forms.MultipleChoiceField(
        label=_("Paragraphs of ours to begin with"), widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("In the language of the letters. The preview shows them filled in."),
    )  # fmt: skip
    own = CleanText(
        label=_("Reasons in your own words"),
        help_text=_("The cardholder reads this: what you looked at, and why it is so."),
        longest=8000, lines=True, required=False,
    )  # fmt: skip
    cause = forms.ChoiceField(
        label=_("Root cause"), choices=[("", "–"), *Decision.Cause.choices],
        help_text=_("For our own learning. The cardholder does not see it."),
    )  # fmt: skip
    basis = CleanText(widget=forms.HiddenInput(), longest=100)

    def __init__(self, *args: Any, dispute: Dispute, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dispute, self.lines = dispute, list(dispute.lines.all())
        self.reads = deciding.reads_now(dispute)
        self.rulings: list[Said] = []
        self.weighed: Weighed | None = None
        self.reasons = ""
        for line in self.lines:
            self.fields.update(_fields(line, self.read(line)))
        if self.lines:
            del self.fields["outcome"]
        titles = wording.choices(dispute.language)
        self.fields["paragraphs"].choices = titles  # type: ignore[attr-defined]

    def read(self, line: Line) -> Contested:
        return self.reads.get(line.pk) or Contested.read(line.facts)

    @property
    def by_line(self) -> list[dict[str, Any]]:
        """Each line with its boxes, for the page."""
        return [
            {
                "line": line,
                "reads": self.read(line),
                "boxes": [self[name] for name in self.fields if name.endswith(f"_{line.pk}")],
            }
            for line in self.lines
        ]

    @property
    def whole(self) -> list[Any]:
        """The boxes that are not a line's."""
        names = ("outcome", "paragraphs", "own", "cause")
        return [self[name] for name in names if name in self.fields]

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or {}
        for line in self.lines:
            if f"outcome_{line.pk}" in facts:
                self._rule(line, facts)
        if not facts.get("own") and not facts.get("paragraphs") and "own" not in self.errors:
            self.add_error("own", _("Say why. The cardholder has a right to the reasons."))
        if not self.errors:
            try:
                self._weigh(facts)
            except Refused as no:
                self.add_error(None, said(no))
        return facts

    def _rule(self, line: Line, facts: dict[str, Any]) -> None:
        amount: Decimal | None = facts.get(f"amount_{line.pk}")
        read = self.read(line)
        if amount is not None and read.amount is not None and read.amount < 0:
            amount = -amount  # of a payment: typed as what was paid
        ruling = Said(
            line, facts[f"outcome_{line.pk}"], right_amount=amount,
            right_days=facts.get(f"days_{line.pk}"), right_code=facts.get(f"code_{line.pk}", ""),
        )  # fmt: skip
        try:
            duty.check_ruling(deciding.ruled(ruling, read))
        except Refused as no:
            box = f"amount_{line.pk}"
            of_outcome = no.rule == "DECIDE-OUTCOME" or box not in self.fields
            self.add_error(f"outcome_{line.pk}" if of_outcome else box, said(no))
        self.rulings.append(ruling)

    def _weigh(self, facts: dict[str, Any]) -> None:
        self.weighed = deciding.weigh(self.dispute, self.rulings, outcome=facts.get("outcome", ""))
        language, credit = self.dispute.language, self.weighed.credit
        ours = [
            wording.filled(key, language, self.dispute, credit=credit)
            for key in facts["paragraphs"]
        ]
        self.reasons = "\n\n".join([*ours, facts["own"]]).strip()


def _fields(line: Line, read: Contested) -> dict[str, forms.Field]:
    words = WORDS.get(line.kind, CHARGE)
    choices = [(code, words[Outcome(code)]) for code in duty.OUTCOMES[line.kind]]
    found: dict[str, forms.Field] = {
        f"outcome_{line.pk}": forms.ChoiceField(
            label=_("The answer for this line"), choices=choices, widget=forms.RadioSelect
        )
    }
    if line.kind != Line.Kind.CONTACT:
        found[f"amount_{line.pk}"] = MoneyField(
            label=_("Right amount"), currency=read.currency, least=ZERO, required=False,
            help_text=_reads_amount(line, read),
        )  # fmt: skip
    if line.kind == Line.Kind.RECORD:
        found[f"days_{line.pk}"] = IntField(
            label=_("Right days past due"), least=0, most=NO_SUCH_RATE, required=False,
            help_text=_reads_days(line, read),
        )  # fmt: skip
        found[f"code_{line.pk}"] = CodeField(
            label=_("Right code"), longest=4, required=False,
            help_text=_now("Reads %(code)s now.") % {"code": read.extra.get("code", "–")},
        )  # fmt: skip
    return found


def _reads_amount(line: Line, read: Contested) -> str:
    if read.amount is None:
        return ""
    text = _now("Reads %(amount)s now.") % {"amount": formatted(read.amount, read.currency)}
    if line.asked_amount is not None:
        asked = formatted(line.asked_amount, read.currency)
        text += " " + _now("They say %(amount)s.") % {"amount": asked}
    return text


def _reads_days(line: Line, read: Contested) -> str:
    text = _now("Reads %(days)s now.") % {"days": read.extra.get("days", "–")}
    if line.asked_days is not None:
        text += " " + _now("They say %(days)s.") % {"days": line.asked_days}
    return text
