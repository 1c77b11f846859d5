"""Where else someone may turn, by jurisdiction and matter. Pure: `routes.<matter>` of the pack.

A text is an English source for gettext; show it with `gettext(route.text) % route.params`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from portal.kit.errors import gettext_noop
from portal.packs import Pack, Rule


@dataclass(frozen=True)
class Route:
    """One way outside the bank. `within`: the rule whose days or months the text names, if any."""

    key: str
    text: str
    within: Rule | None = None
    params: Mapping[str, object] = field(default_factory=dict)


TEXTS = {
    "report": gettext_noop(
        "You can see for yourself what is reported: the credit bureau gives you your own report "
        "%(within)s times a year free of charge."
    ),
    "pboc": gettext_noop(
        "You can complain to the local branch of the People's Bank of China. "
        "It answers within %(within)s days of accepting your complaint."
    ),
    "regulator": gettext_noop(
        "You can complain to the regulator of banks: "
        "the National Financial Regulatory Administration, or its local office."
    ),
    "mediation": gettext_noop(
        "You can ask for mediation, for example by the mediation centre for financial disputes "
        "in your province."
    ),
    "arbitration": gettext_noop(
        "You can go to arbitration, if you and the bank have agreed on it."
    ),
    "court": gettext_noop("You can go to court."),
    "cfpb": gettext_noop("You can complain to the Consumer Financial Protection Bureau."),
    "fos": gettext_noop(
        "You can take this to the Financial Ombudsman Service free of charge, "
        "within %(within)s months of our final answer."
    ),
    "ico": gettext_noop(
        "You can complain to the Information Commissioner's Office about how we handle your data."
    ),
}
LIMITS = ("answers_within", "apply_within", "free_a_year")


def routes_for(pack: Pack, matter: str) -> list[Route]:
    """Return the ways outside for a matter, in the order of the pack. Errors: KeyError."""
    return [_route(pack, key) for key in pack[f"routes.{matter}"].value]


def _route(pack: Pack, key: str) -> Route:
    rules = (pack.rules.get(f"route.{key}.{limit}") for limit in LIMITS)
    within = next((rule for rule in rules if rule), None)
    return Route(key, TEXTS[key], within, {"within": within.value} if within else {})
