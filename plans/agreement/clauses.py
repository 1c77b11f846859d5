"""The agreement as numbered clauses, each sentence under the item of the checklist it answers."""

import hashlib

from django.utils.translation import gettext as _

from plans import rules
from plans.agreement import duties, law, sums
from plans.agreement.facts import Clause, facts_of
from plans.agreement.terms import Terms
from portal.kit.errors import Refused

BY_LAW = {  # what the checklist asks for besides, by rule pack
    "us": ("e_records", "e_records_paper", "e_records_withdraw", "e_records_needs"),  # US-16
    "uk": ("debt_advice", "no_pressure"),  # UK-05
}


def clauses(terms: Terms) -> list[Clause]:
    """Return the whole agreement in the current language.

    Errors: Refused CN-PLAN-03 if an item that the law wants would be empty.
    """
    facts = facts_of(terms)
    text = [*sums.clauses(terms, facts), *duties.clauses(terms, facts), *law.clauses(terms, facts)]
    said = {item: sentence for clause in text for item, sentence in clause.paragraphs.items()}
    missing = rules.missing_items(said)
    missing += [item for item in BY_LAW.get(terms.law, ()) if not said.get(item, "").strip()]
    if missing:
        raise Refused("CN-PLAN-03", _("The agreement lacks: %(items)s."), items="; ".join(missing))
    return text


def mark(text: list[Clause]) -> str:
    """Return what tells one wording from another: the page must say what the PDF says."""
    return hashlib.sha256(repr(text).encode()).hexdigest()
