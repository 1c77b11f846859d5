"""When and by what someone may be contacted, as a form. Pure choices: nothing to mistype."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.contacts import rules
from accounts.contacts.rules import MIDNIGHT, Limits, Permitted, clock
from accounts.models import ContactAttempt
from portal.kit.errors import Refused
from portal.kit.forms import said

STEP = timedelta(minutes=30)  # not of the law: what the lists offer
Channel = ContactAttempt.Channel
ONE_OF_LIST = {"required": _("Choose a time."), "invalid_choice": _("Choose a time from the list.")}


def times(*, first: time = time.min, last: time = MIDNIGHT) -> list[tuple[str, str]]:
    """Return every half hour from the first to the last, as choices; the day ends at 24:00."""
    at, found = datetime(2000, 1, 1, first.hour, first.minute), []  # noqa: DTZ001  (any day)
    while at.day == 1 and at.time() <= last:
        found.append(clock(at.time()))
        at += STEP
    if last == MIDNIGHT:
        found.append(clock(MIDNIGHT))
    return [(text, text) for text in found]


def read(text: str) -> time:
    return MIDNIGHT if text == clock(MIDNIGHT) else time.fromisoformat(text)


class ChoiceForm(forms.Form):
    """`wish` and `agreed` once it is valid."""

    earliest = forms.ChoiceField(label=_("From"), error_messages=ONE_OF_LIST)
    latest = forms.ChoiceField(label=_("Until"), error_messages=ONE_OF_LIST)
    channels = forms.MultipleChoiceField(
        label=_("By these ways"),
        choices=[(value, label) for value, label in Channel.choices if value != rules.LETTER],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Leave all of them empty if you want letters only."),
        error_messages={
            "invalid_choice": _("Choose from the list."),
            "invalid_list": _("Choose from the list."),
        },
    )
    agreed = forms.BooleanField(required=False)

    def __init__(self, data: Any, *, limits: Limits, now: Permitted) -> None:
        super().__init__(data, initial=typed(now) | {"agreed": rules.agrees(now, limits)})
        self.limits = limits
        earliest, latest = (time.min, MIDNIGHT) if limits.agreement else limits.open
        offered = times(first=earliest, last=latest)
        self.fields["earliest"].choices = offered[:-1]  # type: ignore[attr-defined]
        self.fields["latest"].choices = offered[1:]  # type: ignore[attr-defined]
        if limits.quiet is None or not limits.agreement:
            del self.fields["agreed"]
            return
        after, before = (clock(each) for each in reversed(limits.open))
        self.fields["agreed"].label = _(
            "I agree to be contacted between %(from)s and %(until)s too, in the hours chosen above."
        ) % {"from": after, "until": before}

    @property
    def wish(self) -> Permitted:
        told = self.cleaned_data
        return Permitted(
            read(told["earliest"]), read(told["latest"]),
            frozenset(told["channels"]) | {rules.LETTER},
        )  # fmt: skip

    @property
    def agreed_to(self) -> bool:
        return bool(self.cleaned_data.get("agreed"))

    def clean(self) -> dict[str, Any]:
        told = self.cleaned_data
        if "earliest" in told and "latest" in told and "channels" in told:
            try:
                rules.check(self.wish, self.limits, agreed=self.agreed_to)
            except Refused as refused:
                self.add_error("latest", said(refused))
        return told


def typed(choice: Permitted) -> dict[str, Any]:
    """Return what the form's boxes hold for a choice: for its first state, and to go back."""
    return {
        "earliest": clock(choice.earliest),
        "latest": clock(choice.latest),
        "channels": sorted(choice.channels - {rules.LETTER}),
    }
