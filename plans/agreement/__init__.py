"""What an agreement says: the facts (Terms), and its clauses in the current language.

The page on which one reads and the PDF that is signed are made from the same clauses.
"""

from django.utils.translation import get_language

from plans.agreement.clauses import clauses, mark
from plans.agreement.facts import Clause
from plans.agreement.summary import in_short
from plans.agreement.terms import Terms, terms_for

__all__ = ["Clause", "Terms", "clauses", "document_language", "in_short", "mark", "terms_for"]


def document_language() -> str:
    """Return the language the reader is in, as one in which drafts exist."""
    return "en" if get_language() == "en" else "zh-hans"
