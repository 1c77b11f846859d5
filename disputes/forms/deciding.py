"""The form of a decision: exactly the answers that are lawful, line by line."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from disputes import duty, weighing, wording
from disputes.actions import deciding
from disputes.actions.deciding import Said, Weighed
from disputes.lines import Contested
from disputes.models import Decision, Dispute, Line
from disputes.policy import CURRENT
from portal.kit.errors import Refused
from portal.kit.forms import CleanText, CodeField, DateField, IntField, MoneyField, said
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
    if code == "credits":
        most = formatted(CURRENT.credit_alone, currency)
        return _now(
            "With earlier credits on this account within a year, it comes to more than %(most)s."
        ) % {"most": most}
    if code == "filed":
        return _now("It gives a credit, and whoever proposes it took the case down, too.")
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
        self.reads = weighing.reads_now(dispute)
        known = [self.read(line) for line in self.lines]
        self.given = weighing.given(dispute.account, known)
        self.rulings: list[Said] = []
        self.weighed: Weighed | None = None
        self.reasons = ""
        for line in self.lines:
            self.fields.update(_fields(line, self.read(line), self.before(line).amount))
        if self.lines:
            del self.fields["outcome"]
        elif dispute.matter == Dispute.Matter.CHARGE:  # it is in no list
            self.fields["credit"] = MoneyField(
                label=_("Amount to credit"), currency=dispute.account.currency, least=ZERO,
                help_text=_beside(dispute), required=False,
            )  # fmt: skip
        titles = wording.choices(dispute.language)
        self.fields["own"].either = True  # type: ignore[attr-defined]  # these or a paragraph of ours
        self.fields["paragraphs"].choices = titles  # type: ignore[attr-defined]

    def read(self, line: Line) -> Contested:
        return weighing.read(line, self.reads)

    def before(self, line: Line) -> weighing.Given:
        """What was credited before."""
        return self.given.get((line.kind, line.key), weighing.Given())

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
        names = ("outcome", "credit", "paragraphs", "own", "cause")
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
            right_on=facts.get(f"day_{line.pk}"),
        )  # fmt: skip
        try:
            duty.check_ruling(weighing.ruled(line, ruling, read))
        except Refused as no:
            box = f"amount_{line.pk}"
            of_outcome = no.rule == "DECIDE-OUTCOME" or box not in self.fields
            self.add_error(f"outcome_{line.pk}" if of_outcome else box, said(no))
        self.rulings.append(ruling)

    @property
    def whole_answer(self) -> dict[str, Any]:
        """The answer to a case without lines, as the actions take it."""
        facts = self.cleaned_data
        return {"outcome": facts.get("outcome", ""), "credit": facts.get("credit")}

    def _weigh(self, facts: dict[str, Any]) -> None:
        self.weighed = deciding.weigh(self.dispute, self.rulings, **self.whole_answer)
        language, credit = self.dispute.language, self.weighed.credit
        ours = {
            key: wording.filled(key, language, self.dispute, credit=credit)
            for key in facts["paragraphs"]
        }
        end = [ours.pop(key) for key in wording.AT_THE_END if key in ours]
        self.reasons = "\n\n".join(filter(None, [*ours.values(), facts["own"], *end]))


def _beside(dispute: Dispute) -> str:
    """What is credited without a line adds to what an earlier answer gave."""
    text = _now("If you uphold it, in full or in part.")
    made = dispute.decisions.filter(status=Decision.Status.MADE)
    if before := sum((each.credit for each in made), ZERO):
        credited = formatted(before, dispute.account.currency)
        text += " " + _now("It adds to the %(amount)s of the first answer.") % {"amount": credited}
    return text


def _fields(line: Line, read: Contested, given: Decimal) -> dict[str, forms.Field]:
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
            help_text=_reads_amount(line, read, given),
        )  # fmt: skip
    if line.kind == Line.Kind.POSTING:
        found[f"day_{line.pk}"] = DateField(
            label=_("Or the right day"), required=False,
            help_text=_now("Reads %(day)s now.") % {"day": date_format(read.on)},
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


def _reads_amount(line: Line, read: Contested, given: Decimal) -> str:
    if read.amount is None:
        return ""
    text = _now("Reads %(amount)s now.") % {"amount": formatted(read.amount, read.currency)}
    if line.asked_amount is not None:
        asked = formatted(line.asked_amount, read.currency)
        text += " " + _now("They say %(amount)s.") % {"amount": asked}
    if given:
        credited = formatted(given, read.currency)
        text += " " + _now("%(amount)s of it was credited before.") % {"amount": credited}
    return text


def _reads_days(line: Line, read: Contested) -> str:
    text = _now("Reads %(days)s now.") % {"days": read.extra.get("days", "–")}
    if line.asked_days is not None:
        text += " " + _now("They say %(days)s.") % {"days": line.asked_days}
    return text


class SettleForm(forms.Form):
    """A supervisor says how a correction was made that no feed can show."""

    reason = CleanText(
        label=_("How the bank put it right"),
        help_text=_("Kept as an internal note. The cardholder is told that it is done."),
        longest=1000, lines=True,
    )  # fmt: skip
    refs = CleanText(
        label=_("References of the movements, if any"), longest=180, required=False,
        help_text=_("Apart by spaces."),
    )  # fmt: skip
