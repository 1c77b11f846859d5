"""Forms as people meet them: one renderer, one field each for money, whole numbers, dates, text.

Stock Django takes `1e5`, `١٢٣` or `Jan 1 2024` without a word; these fields take what a person
would write in Chinese or English and refuse the rest with a sentence that says how to write it.
Use no other field for amounts, integers, dates or text (tests/test_architecture.py).
"""

import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.forms import widgets
from django.forms.boundfield import BoundField
from django.forms.renderers import TemplatesSetting
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.kit import money
from portal.kit.errors import Refused

FULL_WIDTH = {ord("０") + i: str(i) for i in range(10)} | {
    ord("．"): ".", ord("，"): ",", ord("－"): "-", ord("\u3000"): " ", ord("／"): "/",
}  # fmt: skip


class Bound(BoundField):
    """Adds Bootstrap's classes and leaves `required` to the server, whose errors say more."""

    def build_widget_attrs(self, attrs: dict[str, Any], widget: Any = None) -> dict[str, Any]:
        widget = widget or self.field.widget
        attrs = super().build_widget_attrs(attrs, widget)
        attrs.pop("required", None)
        if isinstance(
            widget, widgets.CheckboxInput | widgets.RadioSelect | widgets.CheckboxSelectMultiple
        ):
            css = "form-check-input"
        elif isinstance(widget, widgets.Select):
            css = "form-select"
        else:
            css = "form-control"
        if self.errors:
            css += " is-invalid"
        given = (widget.attrs.get("class"), attrs.get("class"), css)
        attrs["class"] = " ".join(str(name) for name in given if name)
        return attrs

    @property
    def error_target(self) -> str:
        """The id to jump to from the error summary."""
        return f"{self.auto_id}_0" if self.use_fieldset else str(self.auto_id)

    @property
    def is_check(self) -> bool:
        return isinstance(self.field.widget, widgets.CheckboxInput)

    @property
    def prefix(self) -> str:
        """What stands in front of the box: a currency sign, or nothing."""
        return str(getattr(self.field, "prefix", ""))


class Renderer(TemplatesSetting):
    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"
    bound_field_class = Bound


def said(error: Refused) -> str:
    """Return a refusal's sentence in the reader's language."""
    text = gettext(str(error.message))
    return text % error.params if error.params else text


def _plain(value: str) -> str:
    """Full-width digits and signs to ASCII, outer space off; nothing else is reinterpreted."""
    return value.translate(FULL_WIDTH).strip()


class OneBox(widgets.TextInput):
    """A box sent twice (amount=1&amount=9999) is read as both at once, which no field takes."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        sent = data.getlist(name) if hasattr(data, "getlist") else []
        return " | ".join(sent) if len(sent) > 1 else data.get(name)


class MoneyField(forms.Field):
    """An amount in one currency: 1,234.50 or ¥1234.5; Decimal, above zero, within the bounds.

    `most` and `least` may be set on the instance once the account is known; the error names them.
    """

    widget = OneBox(attrs={"inputmode": "decimal", "autocomplete": "off"})
    either = False  # one of several that answer the same question: not called optional
    PATTERN = re.compile(r"\d{1,12}|\d{1,3}(,\d{3}){1,3}", re.ASCII)

    def __init__(
        self,
        *,
        currency: str = "CNY",
        least: Decimal | None = None,
        most: Decimal | None = None,
        **kwargs: Any,
    ) -> None:
        self.currency, self.least, self.most = currency, least, most
        super().__init__(**kwargs)

    @property
    def prefix(self) -> str:
        """Shown in front of the box."""
        return money.SIGNS.get(self.currency, self.currency)

    def to_python(self, value: Any) -> Decimal | None:
        if value in self.empty_values:
            return None
        text = _plain(str(value))
        for sign in {self.prefix, "¥", "￥"} if self.currency == "CNY" else {self.prefix}:
            text = text.removeprefix(sign)
        whole, dot, part = text.strip().partition(".")
        places = money.PLACES[self.currency]
        good = self.PATTERN.fullmatch(whole) and (
            not dot or (re.fullmatch(rf"[0-9]{{1,{max(places, 1)}}}", part) and places)
        )
        if not good:
            raise forms.ValidationError(
                _("Enter an amount in figures, like %(example)s."),
                code="invalid",
                params={"example": "1234.50" if places else "1234"},
            )
        return Decimal(whole.replace(",", "") + dot + part).quantize(money.unit(self.currency))

    def validate(self, value: Decimal | None) -> None:
        super().validate(value)
        if value is None:
            return
        least = self.least if self.least is not None else money.unit(self.currency)
        if value < least or (self.most is not None and value > self.most):
            names = {
                "least": money.formatted(least, self.currency),
                "most": money.formatted(self.most, self.currency) if self.most is not None else "",
            }
            text = (
                _("Enter an amount between %(least)s and %(most)s.")
                if self.most is not None
                else _("Enter an amount of %(least)s or more.")
            )
            raise forms.ValidationError(text, code="range", params=names)


class IntField(forms.Field):
    """A whole number in figures within its bounds; the error names both."""

    widget = OneBox(attrs={"inputmode": "numeric", "autocomplete": "off", "class": "short"})
    either = False  # as in MoneyField

    def __init__(self, *, least: int, most: int, **kwargs: Any) -> None:
        self.least, self.most = least, most
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values:
            return None
        text = _plain(str(value))
        if not re.fullmatch(r"[0-9]{1,9}", text) or not self.least <= int(text) <= self.most:
            raise forms.ValidationError(
                _("Enter a whole number from %(least)s to %(most)s."),
                code="invalid",
                params={"least": self.least, "most": self.most},
            )
        return int(text)


class DateField(forms.Field):
    """A day as 2026-03-01 or 2026年3月1日, within its window where one is set."""

    widget = OneBox(
        attrs={
            "inputmode": "numeric",
            "autocomplete": "off",
            "class": "short-date",
            "placeholder": "YYYY-MM-DD",
        }
    )
    PATTERNS = (
        re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"),
        re.compile(r"([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日"),
    )

    def __init__(
        self, *, earliest: date | None = None, latest: date | None = None, **kwargs: Any
    ) -> None:
        self.earliest, self.latest = earliest, latest
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, date) else value

    def to_python(self, value: Any) -> date | None:
        if value in self.empty_values or isinstance(value, date):
            return value or None
        text = _plain(str(value))
        for pattern in self.PATTERNS:
            if found := pattern.fullmatch(text):
                try:
                    return date(*(int(part) for part in found.groups()))
                except ValueError:
                    raise forms.ValidationError(
                        _("This day is not in the calendar."), code="invalid"
                    ) from None
        raise forms.ValidationError(_("Enter a date like 2026-03-01."), code="invalid")

    def validate(self, value: date | None) -> None:
        super().validate(value)
        if value is None:
            return
        if (self.earliest and value < self.earliest) or (self.latest and value > self.latest):
            params = {
                k: date_format(v) if v else ""
                for k, v in (("earliest", self.earliest), ("latest", self.latest))
            }
            if self.earliest and self.latest:
                text = _("Choose a date from %(earliest)s to %(latest)s.")
            elif self.earliest:
                text = _("Choose a date from %(earliest)s on.")
            else:
                text = _("Choose a date up to %(latest)s.")
            raise forms.ValidationError(text, code="range", params=params)
        if not 1900 <= value.year <= 2199:
            raise forms.ValidationError(_("Check the year."), code="range")


INVISIBLE = {"\u115f", "\u1160", "\u3164", "\uffa0", "\u2800"}  # letters by class, blank to the eye
BIDI = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


def clean_text(value: str, *, lines: bool) -> str:
    """Return the text in NFC with what cannot be seen taken off its ends.

    Errors: ValidationError for control characters, direction overrides, only-invisible text,
    and more than eight marks on one letter.
    """
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n"))
    text = text.strip().strip("\ufeff\u200b").strip()
    for character in text:
        category = unicodedata.category(character)
        allowed_control = character == "\t" or (lines and character == "\n")
        if (category == "Cc" and not allowed_control) or category == "Cs" or character in BIDI:
            raise forms.ValidationError(
                _(
                    "The text holds a character that cannot be shown. "
                    "Type it again without pasting."
                ),
                code="control",
            )
    if value.strip() and not any(
        unicodedata.category(c)[0] not in "ZC" and c not in INVISIBLE for c in text
    ):
        raise forms.ValidationError(_("Enter some text that can be seen."), code="invisible")
    marks = 0
    for character in unicodedata.normalize("NFD", text):
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > 8:
            raise forms.ValidationError(_("A letter carries too many marks."), code="marks")
    return text


class CleanText(forms.Field):
    """Text of one line, or of several with `lines=True`, up to `longest` characters."""

    def __init__(self, *, longest: int, lines: bool = False, **kwargs: Any) -> None:
        self.longest, self.lines = longest, lines
        kwargs.setdefault(
            "widget", widgets.Textarea(attrs={"rows": 4}) if lines else widgets.TextInput()
        )
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        if value in self.empty_values:
            return ""
        text = clean_text(str(value), lines=self.lines)
        if len(text) > self.longest:
            raise forms.ValidationError(
                _("Use %(longest)s characters or fewer; there are %(count)s now."),
                code="long",
                params={"longest": self.longest, "count": len(text)},
            )
        return text


class EmailAddressField(forms.EmailField):
    """An e-mail address as mail servers write it: ASCII, a domain name, lower case."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value) or "").strip().lower()

    def run_validators(self, value: str) -> None:
        super().run_validators(value)
        if value and (not value.isascii() or "[" in value):
            raise forms.ValidationError(
                _("Enter an e-mail address like name@example.com."), code="invalid"
            )


class CodeField(forms.Field):
    """A code or reference from a letter, mail or screen: case, spaces and dashes do not matter."""

    def __init__(self, *, longest: int = 40, **kwargs: Any) -> None:
        self.longest = longest
        kwargs.setdefault(
            "widget", widgets.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
        )
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        text = unicodedata.normalize("NFKC", str(value or ""))
        text = "".join(c for c in text.upper() if not c.isspace() and not is_ignored(c))
        if not text.isprintable() or len(text) > self.longest:
            raise forms.ValidationError(_("Enter the code as it is printed."), code="invalid")
        return text


def is_ignored(character: str) -> bool:
    """Dashes, and what cannot be seen but is copied along: soft hyphens, zero-width spaces."""
    return unicodedata.category(character) in ("Pd", "Cf")
