"""What each step of a new case asks. They parse; the actions decide."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import count
from typing import Any, NamedTuple

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from disputes import rules
from disputes.actions.drafting import MORE, Right
from disputes.filing_queries import Asked
from disputes.lines import Choice, Contested, Name, Offered, parted
from disputes.models import Dispute
from disputes.rules import Answers, Representative
from portal.kit.forms import CleanText, IntField, MoneyField

MOST_DAYS = 9999
HELPER_FIELD = "disputes/new/_helper_field.html"


class MatterForm(forms.Form):
    matter = forms.ChoiceField(
        label=gettext_lazy("What is it about?"),
        choices=Dispute.Matter.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what it is about.")},
    )
    topic = forms.ChoiceField(  # type: ignore[call-arg]  # template_name is not in the stubs
        label=gettext_lazy("If it is something else: what is it about?"),
        template_name="disputes/new/_topic_field.html",
        choices=Dispute.Topic.choices,
        widget=forms.RadioSelect,
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or {}
        if facts.get("matter") == Dispute.Matter.SERVICE and not (
            facts.get("topic") or "topic" in self.errors
        ):
            self.add_error("topic", _("Choose what it is about."))
        return facts


class LinesField(forms.MultipleChoiceField):
    """Names of lines; whether the account has them is asked of the books, not of the page."""

    def valid_value(self, value: str) -> bool:
        return parted(value) is not None


class Tick(NamedTuple):
    """A line with its tick; without an id if an open case has it."""

    id: str
    ticked: bool
    choice: Choice


class LinesForm(forms.Form):
    """Ticks beside an account's lines. Call show() before it is drawn."""

    lines = LinesField(  # type: ignore[call-arg]  # as above
        label=gettext_lazy("Which entries are wrong?"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        template_name="disputes/new/_lines_field.html",
        error_messages={
            "invalid_choice": gettext_lazy(
                "One of these is not among your account's entries. Choose again."
            )
        },
    )
    missing = forms.BooleanField(label=gettext_lazy("It is not in this list"), required=False)

    def __init__(self, *args: Any, matter: str, optional: bool = False, **kwargs: Any) -> None:
        self.needed, self.optional = rules.lines_needed(matter), optional
        super().__init__(*args, **kwargs)
        if self.needed:
            del self.fields["missing"]

    @property
    def names(self) -> list[Name]:
        found = (parted(value) for value in self.cleaned_data["lines"])
        return [name for name in found if name]

    def show(self, chosen: Sequence[Contested], offered: Offered) -> None:
        """Say what the page lists: the lines chosen so far, then a page of the others."""
        ticked, ids = set(self["lines"].value() or []), count()

        def tick(choice: Choice) -> Tick:
            mark = choice.line.name in ticked
            return Tick(f"id_lines_{next(ids)}" if not choice.taken else "", mark, choice)

        self.offered = offered
        self.chosen = [tick(Choice(line, None)) for line in chosen]
        self.groups = [
            (group.label, [tick(each) for each in group.choices]) for group in offered.groups
        ]

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or {}
        chosen, missing = facts.get("lines"), facts.get("missing")
        if "lines" in self.errors or self.optional:
            return facts
        if not chosen and self.needed:
            self.add_error("lines", _("Choose the month or months that are wrong."))
        elif not chosen and not missing:
            self.add_error(
                "lines", _("Choose at least one entry, or say below that it is not in the list.")
            )
        elif chosen and missing:
            self.add_error("missing", _("You have chosen entries. Take this tick away, or theirs."))
        return facts


class ReasonForm(forms.Form):
    reason = forms.ChoiceField(
        label=gettext_lazy("What is wrong?"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what is wrong.")},
    )

    def __init__(self, *args: Any, matter: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fitting = rules.REASONS[matter]
        known = dict(Dispute.Reason.choices)
        field = self.fields["reason"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = [(reason, known[reason]) for reason in fitting]


class RightForm(forms.Form):
    """What each line should be, where the reason has a figure as its answer, and own words."""

    def __init__(self, *args: Any, asked: Sequence[Asked], answers: Answers, **kwargs: Any) -> None:
        self.asked = asked
        super().__init__(*args, **kwargs)
        for i, each in enumerate(asked):
            if rules.asks_amount(answers.reason, each.line.kind):
                self.fields[f"amount_{i}"] = self.amount_of(each)
            if rules.asks_days(answers.reason, each.line.kind):
                self.fields[f"days_{i}"] = self.days_of(each)
        self.fields["words"] = CleanText(
            label=_("What happened? Tell us in your own words."),
            help_text=_(
                "Whatever helps us to see it: when, with whom you spoke, how you paid. You need "
                "not repeat what the bank holds already, such as your bills and payments."
            ),
            longest=4000,
            lines=True,
            required=rules.words_needed(answers),
            error_messages={"required": _("Tell us in a few words what happened.")},
        )
        self.fields["remedy"] = CleanText(
            label=_("What would put it right?"), longest=2000, lines=True, required=False
        )

    @staticmethod
    def amount_of(each: Asked) -> MoneyField:
        now = each.line
        return MoneyField(
            label=_("%(line)s: what should the amount be?") % {"line": now.named},
            help_text=_("It says %(sum)s now. Leave it empty if you do not know.")
            % {"sum": now.sum},
            currency=now.currency,
            least=Decimal(0),
            required=False,
            initial=None if each.row.asked_amount is None else abs(each.row.asked_amount),
        )

    @staticmethod
    def days_of(each: Asked) -> IntField:
        return IntField(
            label=_("%(line)s: how many days overdue should it be?") % {"line": each.line.named},
            help_text=_("It says %(days)s now. 0 means that it was not overdue.")
            % {"days": each.line.extra.get("days", "")},
            least=0,
            most=MOST_DAYS,
            required=False,
            initial=each.row.asked_days,
        )

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or {}
        for i, each in enumerate(self.asked):
            if rules.too_much(facts.get(f"amount_{i}"), each.line.amount):
                self.add_error(f"amount_{i}", _(MORE))
        return facts

    @property
    def rights(self) -> dict[Name, Right]:
        facts = self.cleaned_data
        found = {}
        for i, each in enumerate(self.asked):
            amount = facts.get(f"amount_{i}")
            if amount is not None:
                amount = rules.signed(amount, each.line.amount)
            found[each.line.kind, each.line.key] = Right(amount, facts.get(f"days_{i}"))
        return found


def suggested(text: str, line: Contested) -> Decimal | None:
    """Read from an address what an amount should be, with the line's sign; None if it won't do."""
    if line.amount is None:
        return None
    field = MoneyField(currency=line.currency, least=Decimal(0), required=False)
    try:
        amount = field.clean(text)
    except forms.ValidationError:
        return None
    return (
        None
        if amount is None or rules.too_much(amount, line.amount)
        else rules.signed(amount, line.amount)
    )


class ContactForm(forms.Form):
    contact_by = forms.ChoiceField(
        label=gettext_lazy("If we have a question, how may we ask you?"),
        choices=Dispute.Contact.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose how we may ask you.")},
    )
    who = forms.ChoiceField(
        label=gettext_lazy("Who is doing this?"),
        choices=[
            ("self", gettext_lazy("I am, for myself")),
            ("helper", gettext_lazy("Someone acts for me, or I act for the cardholder")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose who is doing this.")},
    )
    name = CleanText(
        label=gettext_lazy("Name of the person who acts"),
        longest=80,
        required=False,
        template_name=HELPER_FIELD,
    )
    relation = CleanText(
        label=gettext_lazy("What they are to the cardholder"),
        help_text=gettext_lazy("For example: daughter, lawyer, heir, adviser."),
        longest=80,
        required=False,
        template_name=HELPER_FIELD,
    )
    reach = CleanText(
        label=gettext_lazy("How we can reach them"),
        help_text=gettext_lazy("A phone number, an e-mail or a postal address."),
        longest=200,
        required=False,
        template_name=HELPER_FIELD,
    )
    HELPER = ("name", "relation", "reach")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.HELPER:  # not optional: needed once someone else acts
            self.fields[name].either = True  # type: ignore[attr-defined]

    @classmethod
    def kept(cls, draft: Dispute, helper: Representative | None) -> dict[str, Any]:
        """Return what a draft says, as first values. Nobody is taken to be helped."""
        who = "helper" if helper else "self"
        told = {name: getattr(helper, name) for name in cls.HELPER} if helper else {}
        return {"contact_by": draft.contact_by, "who": who, **told}

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or {}
        if facts.get("who") == "helper":
            errors = {
                "name": _("Enter the name of the person who acts."),
                "relation": _("Enter what they are to the cardholder."),
                "reach": _("Enter how we can reach them."),
            }
            for name, text in errors.items():
                if name not in self.errors and not facts.get(name):
                    self.add_error(name, text)
        return facts

    @property
    def helper(self) -> Representative | None:
        facts = self.cleaned_data
        if facts["who"] != "helper":
            return None
        return Representative(*(facts[name] for name in self.HELPER))


class SeenForm(forms.Form):
    """A page that asks for files alone, which are kept as they come in. `lacking`: or the error."""

    def __init__(self, *args: Any, lacking: str = "", **kwargs: Any) -> None:
        self.lacking = lacking
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        if self.lacking:
            raise forms.ValidationError(self.lacking)
        return super().clean() or {}
