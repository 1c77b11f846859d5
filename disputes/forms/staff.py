"""Forms of the complaint handlers: who has a case, what is said, and the clock."""

from collections.abc import Sequence
from datetime import date
from typing import Any, cast

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from disputes import rules
from disputes.actions.drafting import Right
from disputes.filing_queries import Asked
from disputes.forms.filing import LinesField, RightForm
from disputes.lines import Contested, Name
from disputes.models import Dispute, Line
from portal.kit.forms import CleanText, DateField

DECLARATION = _(
    "I have no interest in this matter: it is not my own or of somebody close to me, and I did "
    "not collect, approve or decide anything in it."
)


class TakeForm(forms.Form):
    """Nobody begins without saying that they have no part in it (CN-CMP-05)."""

    declared = forms.BooleanField(
        label=DECLARATION,
        error_messages={"required": _("Tick this if it is so. You cannot take the case without.")},
    )
    reason = CleanText(
        label=_("Why you take it over"),
        help_text=_("Kept as an internal note."),
        longest=500,
        required=False,
    )


class Colleague(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A colleague by name and role."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name or obj} · {obj.get_role_display()}"


class AssignForm(forms.Form):
    to = Colleague(label=_("Give it to"), queryset=User.objects.none())

    def __init__(self, *args: Any, handlers: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(Colleague, self.fields["to"]).queryset = handlers


class AssignManyForm(AssignForm):
    """The cases that were ticked in the queue, and who gets them."""

    cases = forms.MultipleChoiceField(
        label=_("Cases"), error_messages={"required": _("Tick at least one case in the queue.")}
    )
    confirmed = forms.BooleanField(required=False)

    def __init__(self, *args: Any, numbers: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(number, number) for number in numbers]
        cast(forms.MultipleChoiceField, self.fields["cases"]).choices = known


ASKABLE = [  # CN-CMP-06: nothing else may be asked for
    ("facts", _("What happened, when, where and who was there, as you remember it")),
    ("request", _("What exactly you ask us to do")),
    ("paper", _("A paper that only you can have, such as a receipt from another bank")),
    ("proxy", _("Who acts for you, and how we reach them")),
    ("authority", _("A signed paper that allows them to act for you")),
]


class AskForm(forms.Form):
    """Only what the bank cannot hold may be asked for (CN-CMP-06)."""

    kinds = forms.MultipleChoiceField(
        label=_("What you ask for"),
        choices=ASKABLE,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("These stand in the message, in the cardholder's language."),
        error_messages={"required": _("Choose what you ask for. Nothing else may be asked for.")},
    )
    body = CleanText(
        label=_("Your question in words"),
        help_text=_("The cardholder reads this. Say what it is for. Be plain and kind."),
        longest=2000,
        lines=True,
    )
    not_held = forms.BooleanField(
        label=_("I have looked at the list of what we hold, and this is not in it."),
        error_messages={
            "required": _("Look at the list first. What the bank holds must not be asked for.")
        },
    )


class MessageForm(forms.Form):
    body = CleanText(
        label=_("Message to the cardholder"),
        help_text=_("The cardholder reads this and gets a mail that it is there."),
        longest=4000,
        lines=True,
    )


class NoteForm(forms.Form):
    body = CleanText(
        label=_("Internal note"),
        help_text=_("Only the staff see this."),
        longest=4000,
        lines=True,
    )


class ReasonForm(forms.Form):
    """Why the clock is moved: an extension, a stop."""

    reason = CleanText(
        label=_("Why"),
        help_text=_("The cardholder reads this in our letter. Be plain and kind."),
        longest=2000,
        lines=True,
    )


class RestartForm(forms.Form):
    on = DateField(label=_("The clock goes on from"))

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(DateField, self.fields["on"]).latest = today


class AnswerForm(forms.Form):
    """A second person says yes, or no with a reason for the colleague who asked."""

    answer = forms.ChoiceField(
        label=_("Your answer"),
        choices=[("yes", _("Approve")), ("no", _("Send it back"))],
        widget=forms.RadioSelect,
    )
    reason = CleanText(
        label=_("Why not"),
        help_text=_("Needed if you send it back. Only the staff see this."),
        longest=2000,
        lines=True,
        required=False,
    )
    basis = CleanText(widget=forms.HiddenInput(), longest=100, required=False)

    @property
    def yes(self) -> bool:
        return bool(self.cleaned_data["answer"] == "yes")

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or {}
        if facts.get("answer") == "no" and not facts.get("reason") and "reason" not in self.errors:
            self.add_error("reason", _("Say what must change."))
        return facts


class IntakeForm(forms.Form):
    """A case that came by phone, letter, at a branch or from a regulator, as one matter.

    `chosen`: the lines ticked so far, on whatever page of the list; `free`: a page of the others
    of that matter that no open case has. The action says whether a line can be contested.
    """

    channel = forms.ChoiceField(
        label=_("How it came"),
        choices=[each for each in Dispute.Channel.choices if each[0] != "portal"],
        widget=forms.RadioSelect,
    )
    received_on = DateField(
        label=_("The day it was received"), help_text=_("The clock counts from this day.")
    )
    topic = forms.ChoiceField(label=_("What it is about"), choices=Dispute.Topic.choices)
    lines = LinesField(
        label=_("What is contested"), widget=forms.CheckboxSelectMultiple, required=False
    )
    reason = forms.ChoiceField(label=_("What is wrong, as they say"))
    words = CleanText(
        label=_("In the cardholder's own words"),
        help_text=_("Write down what was said or written, not your view of it."),
        longest=4000,
        lines=True,
    )
    remedy = CleanText(
        label=_("What it should be, as they say"), longest=2000, lines=True, required=False
    )
    language = forms.ChoiceField(label=_("Language of our letters"), choices=settings.LANGUAGES)
    contact_by = forms.ChoiceField(
        label=_("How they wish to be asked"), choices=Dispute.Contact.choices
    )
    name = CleanText(
        label=_("Name of who acts for the cardholder"),
        help_text=_("Empty if they came themselves."),
        longest=60,  # not of the law: a name
        required=False,
    )
    relation = CleanText(label=_("What they are to the cardholder"), longest=100, required=False)
    reach = CleanText(label=_("How to reach them"), longest=200, required=False)
    seen = forms.BooleanField(
        label=_("I have seen the signed authority and who they are."), required=False
    )

    def __init__(
        self, *args: Any, matter: str, free: Sequence[Contested], chosen: Sequence[Contested],
        today: date, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.chosen: Sequence[Contested] = ()
        cast(DateField, self.fields["received_on"]).latest = today
        if matter == Dispute.Matter.SERVICE:
            del self.fields["lines"], self.fields["reason"]
            return
        del self.fields["topic"]
        boxes = cast(forms.MultipleChoiceField, self.fields["lines"])
        boxes.choices = [(line.name, described(line)) for line in (*chosen, *free)]
        boxes.required = rules.lines_needed(matter)
        self.chosen = chosen
        self._ask_figures()
        labels = dict(Dispute.Reason.choices)
        reason = cast(forms.ChoiceField, self.fields["reason"])
        reason.choices = [(code, labels[code]) for code in rules.REASONS[matter]]

    def _ask_figures(self) -> None:
        """What each chosen line should be, if they said a figure: as the cardholder is asked."""
        for line in self.chosen:
            asked = Asked(Line(), line)
            if line.amount is not None:
                self.fields[f"amount_{line.name}"] = RightForm.amount_of(asked)
            if line.kind == Line.Kind.RECORD:
                self.fields[f"days_{line.name}"] = RightForm.days_of(asked)
        names = list(self.fields)
        start, end = names.index("lines") + 1, names.index("seen") + 1
        self.order_fields([*names[:start], *names[end:], *names[start:end]])

    @property
    def rights(self) -> dict[Name, Right]:
        """The chosen lines with what each should be; amounts with the sign of the line."""
        facts, found = self.cleaned_data, {}
        ticked = set(facts.get("lines", []))
        for line in self.chosen:
            amount = facts.get(f"amount_{line.name}")
            if amount is not None:
                amount = rules.signed(amount, line.amount)
            if line.name in ticked:
                right = Right(amount, facts.get(f"days_{line.name}"))
                found[line.kind, line.key] = right
        return found

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or {}
        known = {line.name for line in self.chosen}
        if not known.issuperset(facts.get("lines", [])):
            self.add_error(
                "lines", _("One of these is not among the account's entries. Choose again.")
            )
        helper = [facts.get(name) for name in ("name", "relation", "reach")]
        if any(helper):
            for name in ("name", "relation", "reach"):
                if not facts.get(name) and name not in self.errors:
                    self.add_error(name, _("Fill in this answer, too."))
            if not facts.get("seen"):
                self.add_error("seen", _("Look at the authority first, then tick this."))
        return facts


def described(line: Contested) -> str:
    """Return one line as a choice says it: what, how much, and what else is known of it."""
    return " · ".join(part for part in (line.title, line.sum, line.detail) if part)
