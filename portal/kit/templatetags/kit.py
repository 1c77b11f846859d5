"""The few tags and filters our templates need; loaded everywhere."""

from decimal import Decimal

from django import template
from django.utils.safestring import SafeString, mark_safe

from portal.kit import money

register = template.Library()


@register.filter(name="money")
def money_filter(amount: Decimal, currency: str) -> str:
    """{{ amount|money:account.currency }}"""
    return money.formatted(amount, currency)


@register.simple_tag
def qr(text: str, title: str) -> SafeString:
    """An inline SVG QR code with a name for screen readers."""
    import segno

    code = segno.make(text, error="m").svg_inline(
        border=4, omitsize=True, title=title, svgclass="qr", lineclass="qr-line"
    )
    return mark_safe(code)  # noqa: S308  (segno escapes the title; the text becomes modules)
