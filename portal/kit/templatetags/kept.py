"""{% kept user.role theme %}…{% endkept %}: a part of the frame, rendered once for these values.

For what is the same on each page of a kind: links, scripts, the words of the footer. It must hold
nothing of a person or a session: a form's token in it is refused.
"""

from typing import Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.context import Context
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()
MOST = 4096  # texts per place: roles × pages × languages stay below


class KeptNode(template.Node):
    def __init__(self, by: list[FilterExpression], nodelist: NodeList) -> None:
        self.by, self.nodelist = by, nodelist
        self.texts: dict[tuple[Any, ...], SafeString] = {}

    def render(self, context: Context) -> SafeString:
        values = [str(each.resolve(context, ignore_failures=True)) for each in self.by]
        key = (get_language(), *values)
        if key not in self.texts:
            text = self.nodelist.render(context)
            if "csrf" in text:
                raise template.TemplateSyntaxError("A kept part must not hold a form's token.")
            if len(self.texts) >= MOST:
                self.texts.clear()
            self.texts[key] = text
            return text
        return self.texts[key]


@register.tag
def kept(parser: Parser, token: Token) -> KeptNode:
    by = [parser.compile_filter(each) for each in token.split_contents()[1:]]
    nodelist = parser.parse(("endkept",))
    parser.delete_first_token()
    return KeptNode(by, nodelist)
