"""What the cardholder fills in on a case that was sent."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.kit.forms import CleanText

LONGEST = 4000  # characters of a message
LONGEST_STATEMENT = 500  # beside a record: it is read at a glance, as the bureau prints it


class MessageForm(forms.Form):
    """An answer to a question, or a message of one's own."""

    text = CleanText(
        label=_("Your message"), longest=LONGEST, lines=True,
        error_messages={"required": _("Write your message first.")},
    )  # fmt: skip

    def __init__(self, *args: Any, answers: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if answers:
            self.fields["text"].label = _("Your answer")
            self.fields["text"].error_messages["required"] = _("Write your answer first.")


class ReviewForm(forms.Form):
    """Why the case should be looked at again."""

    text = CleanText(
        label=_("What should we look at again?"),
        help_text=_("For example what the answer left out, or what you have found since."),
        longest=LONGEST, lines=True,
        error_messages={"required": _("Tell us what we should look at again.")},
    )  # fmt: skip


class StatementForm(forms.Form):
    """One's own words beside a record. `confirmed` is set by the page that shows them again."""

    text = CleanText(
        label=_("Your statement"),
        help_text=_(
            "In a few sentences, without names or numbers of other people. Whoever may read the "
            "record reads this too."
        ),
        longest=LONGEST_STATEMENT, lines=True, required=False,
    )  # fmt: skip
    take_back = forms.BooleanField(label=_("Take my statement off the record"), required=False)
    confirmed = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, standing: bool, **kwargs: Any) -> None:
        """`standing`: there is a statement that could be taken back."""
        super().__init__(*args, **kwargs)
        if not standing:
            del self.fields["take_back"]
        self.fields["text"].either = True  # type: ignore[attr-defined]  # not called optional

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not given.get("text") and not given.get("take_back") and "text" not in self.errors:
            self.add_error("text", _("Write your statement first."))
        return given
