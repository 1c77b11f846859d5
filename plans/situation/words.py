"""What the parts, rows and answers are called, and why a plan cannot be asked for just now."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans import eligibility
from plans.situation import rules
from portal.kit.errors import gettext_noop

TITLES = {
    "why": _("What happened"),
    "household": _("Your household"),
    "income": _("What comes in"),
    "bills": _("Bills you must pay"),
    "living": _("Food and daily life"),
    "debts": _("Other debts"),
    "needs": _("Support you need"),
}
INTROS = {
    "why": _("So that nobody has to ask you again. You can leave all of it out."),
    "household": _("Who lives with you from the same money."),
    "income": _(
        "What reaches you after tax. Count what others give towards the household, not what they "
        "keep for themselves."
    ),
    "bills": _("What you pay for your home and what you cannot do without."),
    "living": _("What you usually spend. A good guess is enough."),
    "debts": _("What you pay back elsewhere. Leave out the card this plan is for."),
}
STATES = {
    rules.NOT_STARTED: pgettext_lazy("of a task", "Not started"),
    rules.IN_PROGRESS: pgettext_lazy("of a task", "In progress"),
    rules.CHECK_AGAIN: pgettext_lazy("of a task", "Check again"),
    rules.COMPLETED: pgettext_lazy("of a task", "Completed"),
}
FREQUENCIES = {
    "week": _("a week"),
    "fortnight": _("every two weeks"),
    "month": _("a month"),
    "year": _("a year"),
}
EACH = {
    "week": _("%(sum)s a week"),
    "fortnight": _("%(sum)s every two weeks"),
    "month": _("%(sum)s a month"),
    "year": _("%(sum)s a year"),
}
ROWS: dict[str, dict[str, tuple[Any, Any]]] = {  # label, help
    "income": {
        "wages": (_("Wages or salary"), ""),
        "business": (_("Own business or casual work"), _("Take an average if it changes.")),
        "pension": (_("Pension or benefits"), ""),
        "family": (_("From others in your household or family"), ""),
        "other": (pgettext_lazy("income", "Anything else that comes in"), ""),
    },
    "bills": {
        "housing": (_("Rent or mortgage"), _("With property charges, if you pay any.")),
        "utilities": (_("Electricity, gas, water and heating"), ""),
        "phone": (_("Phone and internet"), ""),
        "insurance": (_("Insurance and social insurance"), _("Only what you pay yourself.")),
        "school": (_("School, childcare and care for others"), ""),
        "other": (
            _("Other bills you cannot avoid"),
            _("The sum is enough. You need not say what it is for."),
        ),
    },
    "living": {
        "food": (_("Food and drink"), ""),
        "transport": (_("Getting around"), _("Tickets, fuel, or what a car costs.")),
        "household": (_("Clothes and things for the home"), ""),
        "children": (_("For children"), _("Beside school and childcare.")),
        "other": (pgettext_lazy("spending", "Anything else you spend"), ""),
    },
    "debts": {
        "cards": (_("Other credit cards"), ""),
        "loans": (_("Loans and online credit"), ""),
        "family": (_("Money borrowed from family or friends"), ""),
        "support": (_("Support you must pay to others"), ""),
        "other": (_("Anything else you pay back"), ""),
    },
}
REASONS = {
    "work": _("I lost my work, or my business closed"),
    "income": _("I earn less than before"),
    "costs": _("My costs went up"),
    "bill": _("A large bill came that I did not expect"),
    "life": _("Something changed in my family or my life"),
    "missed": _("I missed payments without meaning to"),
    "other": pgettext_lazy("why payments were missed", "Something else"),
}
HOUSING = {
    "rent": _("I rent"),
    "mortgage": _("I own my home and pay a mortgage"),
    "own": _("I own my home"),
    "family": _("I live with family or friends"),
    "work": _("My employer houses me"),
    "other": pgettext_lazy("of a home", "Something else"),
}
NEEDS = {
    "phone": _("I find it hard to talk on the phone"),
    "print": _("I need large print or a screen reader"),
    "plain": _("I need things explained step by step"),
    "time": _("I need more time to answer"),
    "health": _("My health makes it hard to deal with money"),
    "crisis": _("I am going through a crisis"),
    "helper": _("Someone helps me with my money"),
    "other": pgettext_lazy("of support", "Something else"),
}
# Why a plan cannot be asked for, and what to do instead; by the codes of plans.eligibility.
NOT_NOW = {
    eligibility.DEATH: (
        gettext_noop(
            "The bank has been told that the cardholder has died. Nothing needs to be asked for "
            "or paid here for now, and collection stands still."
        ),
        gettext_noop("Talk to us when you are ready. A person explains what happens next."),
    ),
    eligibility.INSOLVENCY: (
        gettext_noop(
            "Insolvency proceedings are noted for this account. Collection stands still, and a "
            "plan cannot be agreed beside them."
        ),
        gettext_noop("Talk to us, or to whoever helps you in the proceedings."),
    ),
    eligibility.BREATHING: (
        gettext_noop(
            "A breathing space is noted for this account. Collection stands still, and you need "
            "not ask for anything while it lasts."
        ),
        gettext_noop("You can ask for a plan when it ends. Until then you can talk to us."),
    ),
    eligibility.GONE: (
        gettext_noop("The bank no longer lists this account. Talk to us before you pay or ask."),
        gettext_noop("We find out who keeps the account now, and tell you."),
    ),
    eligibility.ONE: (
        gettext_noop(
            "There is already a request, an offer or a plan for this account. "
            "You can see it under My plans."
        ),
        gettext_noop(
            "Open it to see where it stands. You can take a request back, decline an offer, or "
            "ask to change a plan that does not fit any more."
        ),
    ),
    eligibility.DISPUTED: (
        gettext_noop(
            "All that is overdue on this account is in dispute. You need not pay it while it "
            "is, so there is nothing to divide for now."
        ),
        gettext_noop("If something is left to pay once we have answered, you can ask then."),
    ),
    eligibility.NOTHING: (
        gettext_noop("Nothing is overdue on this account, so there is nothing to divide."),
        gettext_noop(
            "If you fear that you cannot pay what is due next, talk to us now, before it is "
            "overdue."
        ),
    ),
}
